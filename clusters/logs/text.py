"""What is taken out of a log before anybody reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Colors, cursor moves, links and titles that programs write for a terminal: ECMA-48.
_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def without_terminal_codes(text: str) -> str:
    """Return the text as people read it."""
    return _TERMINAL_CODES.sub("", text)


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return the text of the same length with each secret as asterisks: offsets stay true."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "*" * len(secret))
    return text
