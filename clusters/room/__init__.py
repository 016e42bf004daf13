"""Whether there is room for a candidate: answers the checks Capacity and Quota."""

from clusters.room.loop import answer, due

__all__ = ["answer", "due"]
