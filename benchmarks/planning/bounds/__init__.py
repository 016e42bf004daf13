"""Lower bounds on the cost of an instance."""
