"""Releases in a real installation, with programs killed in the midst of them."""
