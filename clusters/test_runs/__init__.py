"""Carry out the test runs of change requests, each on a cluster of its own."""

from clusters.test_runs.loop import advance, due

__all__ = ["advance", "due"]
