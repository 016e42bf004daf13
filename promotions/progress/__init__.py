"""Take change requests forward, and note what became of their releases."""

from promotions.progress.binding import blocked_by, void_if_changed, void_lost
from promotions.progress.loop import advance, due
from promotions.progress.outcome import applied, go_back, not_verified, verified

__all__ = [
    "advance",
    "applied",
    "blocked_by",
    "due",
    "go_back",
    "not_verified",
    "verified",
    "void_if_changed",
    "void_lost",
]
