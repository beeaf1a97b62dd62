"""The pieces of the side-by-side run; standard library only, so that any Python 3.11 starts it."""
