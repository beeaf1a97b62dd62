"""Pictures in files <-> arrays of bytes. No torch here."""
