"""Configurations in the formats of others, and back, with a list of what does not carry over."""

from domain.convert.formats import Format, detect, exported, imported
from domain.convert.result import (
    ExportContext,
    Exported,
    Imported,
    Loss,
    losses_of_notes,
)

__all__ = [
    "ExportContext",
    "Exported",
    "Format",
    "Imported",
    "Loss",
    "detect",
    "exported",
    "imported",
    "losses_of_notes",
]
