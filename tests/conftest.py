"""What all tests share: examples of property-based tests are drawn from a fixed seed, and no test has a time limit."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("synthgen", deadline=None, derandomize=True, database=None)
settings.load_profile("synthgen")
