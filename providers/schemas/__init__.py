"""Checks of raw instance configurations against the providers' own schemas.

The schemas come with the providers' packages. They are read as files: importing an SDK takes
seconds and much memory, and a check runs in the web process.
"""
