"""Configurations in the formats of others, and back, with a list of what does not carry over."""

from domain.exchange.formats import Format, detect, exported, imported
from domain.exchange.parcel import Exported, Imported, Loss, Setting

__all__ = ["Exported", "Format", "Imported", "Loss", "Setting", "detect", "exported", "imported"]
