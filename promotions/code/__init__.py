"""The code that test workloads run in: stored packages, and how they come from Git."""
