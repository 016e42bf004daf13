"""An account of AWS on this machine: its API as far as Mobula uses it, shortages, and faults."""
