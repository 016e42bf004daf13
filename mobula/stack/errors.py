"""What can go wrong while the stack starts, as sentences for the person at the terminal."""


class StackError(Exception):
    """The stack cannot run; the message names the thing and the next step."""
