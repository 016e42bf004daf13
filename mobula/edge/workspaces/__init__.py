"""The proxy in front of workspaces, on an origin of its own: see docs/workspaces.md.

It is a web process of its own: what it serves is written by users, and no page of Mobula's.
"""
