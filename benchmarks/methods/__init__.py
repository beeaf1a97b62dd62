"""What the pages on conditions, imputing and scoring measure: the peers' methods and the ways a table is broken.

Needs synthgen's environment; what no environment of ours has runs in one of its own, by the harness.
"""
