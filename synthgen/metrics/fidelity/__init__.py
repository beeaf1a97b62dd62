"""Whether the synthetic table looks like the real one: columns, pairs, missing cells, whole rows."""
