"""Whether work done on the synthetic table carries over to the real one."""
