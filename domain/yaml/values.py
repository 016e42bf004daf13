"""Single values changed where they stand in a YAML text: the quick way for what people edit most.

Reading a large text with all its comments, changing it and writing it again costs ten times as
much. Whoever calls this reads the result and compares: a text that it got wrong is thrown away.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from domain.configuration.spec import Plain
from domain.problems import Loc, Mark, path_of

# `max_nodes: 4`, in a block or in a flow; what is quoted, folded or anchored is left to others.
_ENTRY = re.compile(r"(?P<key>[A-Za-z_]\w*:[ ]+)(?P<value>[A-Za-z0-9][\w.+-]*)(?=[ ]*(?:[,}#]|$))")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")
# Words that YAML, in one of its versions, takes for something else than text.
_NO_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_WHOSE = frozenset({"name", "instance_type", "required_resources", "required_labels"})
"""What groups are told apart by: where it differs, groups and their comments have moved."""
_MOST = 20
"""More changes than this are no edit of single values."""


def with_values(text: str, was: Plain, now: Plain, marks: Mapping[str, Mark]) -> str | None:
    """The text with the values that differ put in place; None if anything else differs too."""
    changes = _changes(was, now)
    if not changes or len(changes) > _MOST:
        return None
    lines = text.split("\n")
    # From the end of the text to its beginning: a change moves what stands behind it on its line.
    places = sorted(
        ((marks.get(path_of(loc)), value) for loc, value in changes),
        key=lambda place: (place[0].line, place[0].column) if place[0] else (0, 0),
        reverse=True,
    )
    if any(earlier[0] == later[0] for earlier, later in pairwise(places)):
        return None  # one value of the text stands at two places of the configuration
    for mark, value in places:
        if mark is None or not _put(lines, mark, value):
            return None
    return "\n".join(lines)


def _put(lines: list[str], mark: Mark, value: str) -> bool:
    """Write the value of the key at the mark; False if that is no plain value."""
    line = lines[mark.line - 1]
    match = _ENTRY.match(line, mark.column - 1)
    if match is None:
        return False
    lines[mark.line - 1] = f"{line[: match.start('value')]}{value}{line[match.end('value') :]}"
    return True


def _changes(was: Plain, now: Plain) -> list[tuple[Loc, str]] | None:
    """The values that differ, as YAML writes them; None if keys or lists differ."""
    try:
        return list(_differences(was, now, ()))
    except _OtherShape:
        return None


class _OtherShape(Exception):
    """The two are not alike but for single values."""


def _differences(was: object, now: object, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if was == now and type(was) is type(now):
        return
    if isinstance(was, dict) and isinstance(now, dict) and was.keys() == now.keys():
        for key, value in was.items():
            yield from _differences(value, now[key], (*loc, key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, value in enumerate(was):
            yield from _differences(value, now[index], (*loc, index))
    elif any(isinstance(step, int) for step in loc) and not _WHOSE.isdisjoint(loc):
        raise _OtherShape
    else:
        yield loc, _written(was, now)


def _written(was: object, now: object) -> str:
    """The new value as plain YAML."""
    if isinstance(was, dict | list) or was is None:
        raise _OtherShape
    if isinstance(now, bool):
        return "true" if now else "false"
    if isinstance(now, int):
        return str(now)
    if isinstance(now, str) and _WORD.match(now) and now.lower() not in _NO_TEXT:
        return now
    raise _OtherShape
