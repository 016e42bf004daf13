"""Mobula's rules in pure Python: no Django, no SDK, no clock, no I/O."""
