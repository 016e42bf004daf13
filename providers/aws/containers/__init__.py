"""Amazon's services of containers."""
