"""Demo clouds: a provider's API on this machine, with real local Ray nodes as its machines."""
