"""The output of builds: without what moves cursors, and with its steps."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What terminals obey: sequences that begin with ESC or its one-character forms, then what is left.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]{0,16}[0-~]?"
)
# Among them those that turn the direction of a line around.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_STEP = re.compile(r"(?:\[\d+/\d+\] )?STEP (\d{1,5})(?:/(\d{1,5}))?: (.{1,2000})")
_LONGEST_STEP = 200


@dataclass(frozen=True, slots=True)
class Step:
    """Which step begins: `number` of `total`, 0 where it is unknown, and its text, shortened."""

    number: int
    total: int
    text: str


def cleaned(text: str) -> str:
    """Return what a build printed as plain lines: no colors, no control characters."""
    plain = _SEQUENCES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROLS.sub("", plain)


def step_of(line: str) -> Step | None:
    """Return the step that a line of the log begins, if it does."""
    found = _STEP.match(line)
    if found is None:
        return None
    return Step(int(found[1]), int(found[2] or 0), found[3][:_LONGEST_STEP])
