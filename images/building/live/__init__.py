"""Builds as they go, for everybody who watches them."""
