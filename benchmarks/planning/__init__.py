"""The planner's benchmark: instances, Ray's schedulers beside ours, bounds and a verifier."""
