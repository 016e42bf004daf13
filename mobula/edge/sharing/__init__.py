"""What clients share: slots, rates, memory, and what is known about them."""
