"""Backup and restore: one archive with the database and the secret keys."""
