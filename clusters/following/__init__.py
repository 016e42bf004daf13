"""Clusters that follow a release: brought to it, looked at, and told to change requests."""

from clusters.following.adoption import adopt_release
from clusters.following.steps import due, step

__all__ = ["adopt_release", "due", "step"]
