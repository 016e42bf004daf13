"""What a check finds, and its answer as pages show it and the database keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_RAW = 4000  # characters
_HIDDEN = "(hidden)"
_SECRET_KEYS = re.compile(
    r"secret|password|token|credential|authorization|user_?data|encoded|private_?key", re.IGNORECASE
)


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found, in a sentence; `way_out` is what to do about it.

    `raw` is what the provider answered, of which `CheckAnswer` keeps a part. A failure
    `is_certain` if a launch now would fail by it for sure.
    """

    outcome: Outcome
    sentence: str
    way_out: str = ""
    raw: Any = None
    is_certain: bool = False


def passed(sentence: str, *, raw: Any = None) -> Finding:
    """Return that all is well."""
    return Finding(outcome=Outcome.PASS, sentence=sentence, raw=raw)


def warned(sentence: str, *, way_out: str = "", raw: Any = None) -> Finding:
    """Return that a launch may work, and that something is worth a look."""
    return Finding(outcome=Outcome.WARN, sentence=sentence, way_out=way_out, raw=raw)


def failed(sentence: str, *, way_out: str = "", raw: Any = None, certain: bool = False) -> Finding:
    """Return that a launch will fail; for sure, if that is `certain`."""
    return Finding(
        outcome=Outcome.FAIL, sentence=sentence, way_out=way_out, raw=raw, is_certain=certain
    )


def skipped(sentence: str, *, way_out: str = "", raw: Any = None) -> Finding:
    """Return that the question has no answer, and why."""
    return Finding(outcome=Outcome.SKIPPED, sentence=sentence, way_out=way_out, raw=raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswer:
    """A check that has its answer; all its fields can be written as JSON."""

    id: str
    title: str
    outcome: Outcome
    sentence: str
    way_out: str = ""
    raw: str = ""  # without secrets, at most MOST_RAW characters
    milliseconds: int = 0
    is_certain: bool = False


def answer_of(id_: str, title: str, finding: Finding, *, milliseconds: int) -> CheckAnswer:
    """Return the answer of a check that found this in so many milliseconds."""
    return CheckAnswer(
        id=id_,
        title=title,
        outcome=finding.outcome,
        sentence=finding.sentence,
        way_out=finding.way_out,
        raw=shown(finding.raw),
        milliseconds=milliseconds,
        is_certain=finding.is_certain,
    )


def shown(raw: Any) -> str:
    """Return a provider's answer as text: JSON without secrets, cut where it is long."""
    if raw is None:
        return ""
    text = raw if isinstance(raw, str) else json.dumps(_without_secrets(raw), indent=1, default=str)
    return text if len(text) <= MOST_RAW else f"{text[: MOST_RAW - 2]}\n…"


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _HIDDEN if _SECRET_KEYS.search(str(key)) else _without_secrets(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(inner) for inner in value]
    return value
