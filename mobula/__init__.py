"""Mobula: a self-hosted web console for Ray clusters."""

__version__ = "0.1.0"
