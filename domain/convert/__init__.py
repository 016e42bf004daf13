"""Configurations in the formats of others, and back, with a list of what does not carry over."""

from domain.convert.formats import Format, detect, exported, imported
from domain.convert.result import Exported, Imported, Loss, Setting

__all__ = ["Exported", "Format", "Imported", "Loss", "Setting", "detect", "exported", "imported"]
