"""How a version gets from dev to production: states, checks, approvals, windows of change."""
