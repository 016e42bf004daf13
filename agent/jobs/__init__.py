"""Submitted jobs and their logs on their way to Mobula."""
