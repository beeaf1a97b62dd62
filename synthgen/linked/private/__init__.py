"""Private linked tables: a network made of noisy figures alone stands in for the real one."""
