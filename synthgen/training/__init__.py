"""Training: settings, plan, loop, correction."""
