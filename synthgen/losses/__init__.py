"""Losses that train a generator."""
