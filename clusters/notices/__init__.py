"""Announcements about machines: from the machines themselves, and from queues of providers."""
