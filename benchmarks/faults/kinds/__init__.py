"""What faults do, by what they hit."""
