"""One cause for a text: from an error of a provider, a reason of Ray, or the end of a log."""

import re
from dataclasses import dataclass

from domain.failures.kinds import FailureKind
from domain.failures.patterns import FOREIGN, OWN

# Longer than that, or with more lines, a text is no sentence for people.
LONGEST_SENTENCE = 240
_EXIT = re.compile(r"^Ray (?:ended|exited) with (?:exit )?code (\d+)\.?", re.MULTILINE)
_SIGNAL = re.compile(r"^Ray was (?:ended|killed) by (SIG\w+)\.?", re.MULTILINE)
_KILLED = "The node's processes were killed"
# The line of a traceback that says what was raised: "ray.exceptions.RaySystemError: ..."
_RAISED = re.compile(r"^(?:[\w.]+\.)?(\w*(?:Error|Exception|Exit))\b:? ?(.*)$")
_NO_WORDS = "The cause is unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What went wrong: `words` is a sentence without its full stop, `text` what was reported."""

    kind: FailureKind
    words: str
    text: str

    @property
    def sentence(self) -> str:
        return self.words if self.words.endswith(("…", "!", "?")) else f"{self.words}."

    @property
    def has_more(self) -> bool:
        """Whether the text says more than the sentence, so that it is worth to be opened."""
        return _squeezed(self.text).rstrip(".") != self.words.rstrip(".")


def cause_of(text: str) -> Cause:
    """Return the cause that `text` reports; a text that is a sentence already stays as it is."""
    text = text.strip()
    for pattern in FOREIGN:
        if match := pattern.text.search(text):
            named = {name.rstrip("_"): value for name, value in match.groupdict().items() if value}
            return Cause(kind=pattern.kind, words=_filled(pattern.words, named), text=text)
    if ended := _ended(text):
        return Cause(kind=ended[0], words=ended[1], text=text)
    kind = next((own.kind for own in OWN if own.text.search(text)), FailureKind.OTHER)
    return Cause(kind=kind, words=_first_sentence(text), text=text)


def brief(text: str) -> str:
    """Return the cause as a sentence with its full stop."""
    return cause_of(text).sentence


def _filled(words: str, named: dict[str, str]) -> str:
    if "{type}" in words and "type" not in named:
        named["type"] = "this instance type"
    return words.format(**named)


def _ended(text: str) -> tuple[FailureKind, str] | None:
    if match := _EXIT.search(text):
        raised = _raised(text)
        return FailureKind.EXITED, f"Ray exited with code {match[1]}" + (
            f": {raised}" if raised else ""
        )
    if match := _SIGNAL.search(text):
        if match[1] == "SIGKILL":
            words = "Ray was killed (SIGKILL), as happens where a machine runs out of memory"
            return FailureKind.KILLED, words
        return FailureKind.KILLED, f"Ray was ended by {match[1]}"
    if text.startswith(_KILLED):
        return FailureKind.KILLED, _KILLED
    return None


def _raised(text: str) -> str:
    """Return what a traceback in the text raised last, "" without one."""
    for line in reversed(text.splitlines()):
        if match := _RAISED.match(line.strip()):
            return _shortened(f"{match[1]}: {match[2]}".rstrip(": ").rstrip("."))
    return ""


def _first_sentence(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return _NO_WORDS
    if "Traceback" in lines[0] or len(lines) > 1:
        raised = _raised(text)
        if "Traceback" in lines[0]:
            return raised or _NO_WORDS
    return _shortened(lines[0]).rstrip(".")


def _shortened(words: str) -> str:
    if len(words) <= LONGEST_SENTENCE:
        return words
    return f"{words[:LONGEST_SENTENCE].rsplit(' ', 1)[0].rstrip(',;:. ')}…"


def _squeezed(text: str) -> str:
    return " ".join(text.split())
