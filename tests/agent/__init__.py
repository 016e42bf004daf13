"""What the head agent promises."""
