"""A YAML text changed in the pieces that say something else now; the others stay as they are.

Reading a large text with all its comments and writing it again takes long. Whoever calls this
reads the result and compares: a text that it got wrong is thrown away.
"""

import re
from collections.abc import Sequence

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from domain.configuration.spec import ComputeConfig, Plain, WorkerGroup, written
from domain.yaml.edit import has_flush_lists, unshared, update
from domain.yaml.pieces import OnlyWhole, by_key, entries_of, key_of
from domain.yaml.writing import emitted, styled, writer_of

GROUPS = "worker_nodes"
_BESIDE = re.compile(r"[ ]*(?:#|$)")


def edited_in_pieces(text: str, was: ComputeConfig, now: ComputeConfig) -> str | None:
    """The text, which says `was`, changed to say `now`; None where it has to be seen as a whole."""
    try:
        return _Editing(text).to(was, now)
    except (OnlyWhole, YAMLError, ValueError, RecursionError):
        return None


class _Editing:
    """A text in its pieces, by the key of each."""

    def __init__(self, text: str) -> None:
        self.is_flush = has_flush_lists(text)
        self.pieces = {key_of(lines): lines for _, lines in by_key(text)}

    def to(self, was: ComputeConfig, now: ComputeConfig) -> str:
        others = {GROUPS: None}
        before, after = (written(one.model_copy(update=others)) for one in (was, now))
        for key in {**before, **after}:
            if before.get(key) != after.get(key) or (key in before) is not (key in after):
                self._change(key, {key: after[key]} if key in after else {})
        if was.worker_nodes != now.worker_nodes:
            self.pieces[GROUPS] = self._groups(was.groups, now.groups)
        return "".join("".join(lines) for lines in self.pieces.values())

    def _change(self, key: str, wanted: Plain) -> None:
        if key in self.pieces:
            body, below = _apart(self.pieces[key])
            tree = self._read(body)
            if not isinstance(tree, CommentedMap) or body[0].startswith("---"):
                raise OnlyWhole
            update(tree, wanted, model=ComputeConfig)
        else:
            tree = CommentedMap({name: styled(value) for name, value in wanted.items()})
            below = ()
        if not tree:
            raise OnlyWhole  # comments around what is taken out belong to other pieces
        self._end_the_last_line()
        self.pieces[key] = [self._written(tree), *below]

    def _groups(self, was: Sequence[WorkerGroup], now: Sequence[WorkerGroup]) -> Sequence[str]:
        """The lines of the groups; each stands where it stood, and new ones come last."""
        lines = self.pieces.get(GROUPS, ())
        starts = entries_of(lines) if lines else []
        names = {group.name for group in was}
        pairs = list(zip(was, now, strict=False))
        moved = any(old.name != new.name and new.name in names for old, new in pairs)
        if not starts or len(starts) != len(was) or len(now) < len(was) or moved:
            raise OnlyWhole
        self._end_the_last_line()
        lines = self.pieces[GROUPS]
        indent = lines[starts[0]].partition("-")[0]
        new: list[str] = list(lines[: starts[0]])
        below: Sequence[str] = ()
        for (old, group), start, end in zip(pairs, starts, [*starts[1:], len(lines)], strict=True):
            entry, rest = _apart(lines[start:end])
            if old != group:
                entry = [self._changed(entry, group, indent)]
            below = _of_the_next(rest, indent)
            new += [*entry, *rest[: len(rest) - len(below)]]
            if end < len(lines):
                new += below
        added = [CommentedSeq([styled(written(group))]) for group in now[len(was) :]]
        return [*new, *(self._entry(tree, indent) for tree in added), *below]

    def _changed(self, entry: Sequence[str], group: WorkerGroup, indent: str) -> str:
        tree = self._read(entry)
        if not isinstance(tree, CommentedSeq) or not isinstance(tree[0], CommentedMap):
            raise OnlyWhole
        update(tree[0], written(group), model=WorkerGroup)
        return self._entry(tree, indent)

    def _entry(self, tree: CommentedSeq, indent: str) -> str:
        text = self._written(tree)
        if not text.startswith(f"{indent}- "):
            raise OnlyWhole  # the text is indented in another way than we write
        return text

    def _read(self, lines: Sequence[str]) -> object:
        return unshared(writer_of(flush=self.is_flush).load("".join(lines)), set())

    def _written(self, tree: object) -> str:
        return emitted(tree, writer_of(flush=self.is_flush))

    def _end_the_last_line(self) -> None:
        key, lines = next(reversed(self.pieces.items()))
        if lines and not lines[-1].endswith("\n"):
            self.pieces[key] = [*lines[:-1], f"{lines[-1]}\n"]


def _apart(lines: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The lines of a piece, and the empty lines and comments that stand below it."""
    end = len(lines)
    while end > 1 and _BESIDE.match(lines[end - 1]):
        end -= 1
    return lines[:end], lines[end:]


def _of_the_next(below: Sequence[str], indent: str) -> Sequence[str]:
    """What stands below the last entry of a list and speaks of the key that comes next."""
    for place, line in enumerate(below):
        column = len(line) - len(line.lstrip(" "))
        if line.strip() and (column < len(indent) or not indent):
            return below[place:]
    return ()
