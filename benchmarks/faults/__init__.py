"""Faults injected into a running installation, and what must hold meanwhile and afterwards."""
