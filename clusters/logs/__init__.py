"""Logs of jobs and nodes: how they are stored, and what makes room for newer output."""
