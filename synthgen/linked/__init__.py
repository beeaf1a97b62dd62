"""Linked tables: what hangs together, in which order rows are made, and how children get their parents."""
