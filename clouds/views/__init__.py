"""Pages of clouds."""
