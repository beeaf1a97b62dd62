"""Whether the rows are possible at all: types, ranges, categories, keys, rules, formats. Asked before anything else."""
