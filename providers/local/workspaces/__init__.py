"""Workspaces on this machine."""
