"""Which fixes lose nothing that was meant: those may be made without asking a person."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from domain.problems import Fix, Loc, Verb

_ABSENT = object()
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
# 32GB on a machine's label is what Kubernetes writes as 32Gi; a number alone is in seconds.
_WITH_BYTES = re.compile(r"(\d+(?:\.\d+)?) ?([kmgt])i?b\Z")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s\Z")


def is_safe(fix: Fix, document: object) -> bool:
    """True if every value that the fix takes away is still there, under its new name or place.

    A value may be written in another way: without quotes, in other letters, as a list of one. What
    adds a value that nobody wrote, takes one out or puts another one in its place is a suggestion.
    """
    before, after = Counter[str](), Counter[str]()
    for step in fix.steps:
        old = value_at(document, step.loc)
        if step.verb is Verb.RENAME:
            new_place = (*step.loc[:-1], str(step.value))
            if old is _ABSENT or value_at(document, new_place) is not _ABSENT:
                return False
        elif step.verb is Verb.REMOVE:
            before.update(() if _is_repeated(document, step.loc) else leaves(old))
        else:
            if old is _ABSENT and len(fix.steps) == 1:
                return False
            before.update(leaves(old))
            after.update(leaves(step.value))
    return before == after


def leaves(value: object) -> Iterator[str]:
    """Yield what is written in a value, each scalar in one spelling; nothing for what is empty."""
    match value:
        case Mapping():
            for item in value.values():
                yield from leaves(item)
        case list() | tuple():
            for item in value:
                yield from leaves(item)
        case bool():
            yield str(value).lower()
        case int():
            yield str(value)
        case float():
            yield _spelled(repr(value))
        case str() if value.strip():
            yield _spelled(value)


def value_at(document: object, loc: Loc) -> object:
    """Return what stands at a place, or a mark of its own where nothing does."""
    for step in loc:
        match document:
            case Mapping() if step in document:
                document = document[step]
            case list() | tuple() if isinstance(step, int) and step < len(document):
                document = document[step]
            case _:
                return _ABSENT
    return document


def _is_repeated(document: object, loc: Loc) -> bool:
    """True for an entry of a list of which the same stands in it once more."""
    around = value_at(document, loc[:-1])
    if not isinstance(around, list | tuple) or not isinstance(loc[-1], int):
        return False
    return loc[-1] < len(around) and list(around).count(around[loc[-1]]) > 1


def _spelled(text: str) -> str:
    word = text.strip().strip("\"'").lower().replace("-", "_")
    if match := _WITH_BYTES.match(word):
        return f"{match[1]}{match[2]}i"
    if match := _SECONDS.match(word):
        word = match[1]
    try:
        number = float(word)
        return str(int(number)) if number.is_integer() else repr(number)
    except (ValueError, OverflowError):  # no number, or one that is none: "inf"
        return _TRUTHS.get(word, word)
