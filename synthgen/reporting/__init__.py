"""What people and machines see of a job and its outcome. Knows results, never a model."""
