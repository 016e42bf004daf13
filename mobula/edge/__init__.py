"""What stands between the network and Django: bounds on bodies, time, memory and work.

Everything here is per process. docs/limits.md has the numbers.
"""
