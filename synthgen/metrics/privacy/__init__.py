"""Whether the synthetic table gives away rows that it was learned from."""
