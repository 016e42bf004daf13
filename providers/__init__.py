"""One small driver for each place where nodes can run."""
