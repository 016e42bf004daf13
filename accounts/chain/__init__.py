"""The audit trail as a chain of digests: sealed in the background, verified by anyone who can read.

docs/audit.md says what the chain proves and what not.
"""
