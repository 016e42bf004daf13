"""A cluster moves to another version of its template."""
