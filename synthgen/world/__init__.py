"""A simulated small social network whose laws are known: for examples and tests, not for a product to learn from."""
