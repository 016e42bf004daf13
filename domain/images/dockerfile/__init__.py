"""Dockerfiles: read tolerantly, checked for what breaks Ray, written from a simple form."""
