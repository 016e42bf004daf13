"""Resources at providers that carry this installation's tag though nothing here needs them."""
