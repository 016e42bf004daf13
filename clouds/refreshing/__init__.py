"""A region's machines and prices as the provider itself says them, in the former ones' place."""

from clouds.refreshing.data import read
from clouds.refreshing.rounds import (
    NotRefreshed,
    TryAgain,
    begin,
    begin_old,
    give_up,
    is_lost,
    keep,
    refresh,
    whether,
)

__all__ = [
    "NotRefreshed",
    "TryAgain",
    "begin",
    "begin_old",
    "give_up",
    "is_lost",
    "keep",
    "read",
    "refresh",
    "whether",
]
