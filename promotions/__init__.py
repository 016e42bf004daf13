"""Environments, releases, change requests: how a version gets to production, and who agreed."""
