"""Differential privacy: what a release of noisy figures gives away, and who keeps the account of it."""
