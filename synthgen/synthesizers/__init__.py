"""Synthesizers: fit, sample, save, load."""
