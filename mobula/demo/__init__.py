"""A sample team with a past: 75 days of clusters, utilization and cost, to look around in.

Nothing of it runs: its rows are written directly, no provider is called, and no one can change it.
"""
