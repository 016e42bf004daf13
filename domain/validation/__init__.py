"""Checks of a compute configuration: everything that is wrong with it, at once."""

from domain.validation.check import check_text, validate

__all__ = ["check_text", "validate"]
