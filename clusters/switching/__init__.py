"""Clusters launched beside others to take their place: from the launch to the old one's end."""

from clusters.switching.loop import advance, due

__all__ = ["advance", "due"]
