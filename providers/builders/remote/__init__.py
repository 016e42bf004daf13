"""Builds at a service elsewhere: what all such services have in common."""
