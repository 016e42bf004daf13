"""Checks of a compute configuration: everything that is wrong with it, at once."""

from domain.validation.check import check_text, validate
from domain.validation.instances import effective_resources

__all__ = ["check_text", "effective_resources", "validate"]
