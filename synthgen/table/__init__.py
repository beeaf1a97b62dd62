"""Tables: reading, writing, schema."""
