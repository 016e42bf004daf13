"""Two people edited one template: where they differ, and both edits in one text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from configurations.models import Version
from domain.configuration.diff import changes, sentence
from domain.configuration.fields import in_words
from domain.configuration.merge import MergeConflict, three_way
from domain.configuration.spec import ComputeConfig
from domain.yaml.text import parse, update_text

THEIRS = "theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeChoice:
    """A field that both changed, as its three columns say it."""

    name: str
    label: str
    path: str
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """Two edits of `base`: what to choose between, and the text with the choices made so far."""

    base: Version
    latest: Version
    mine: str
    choices: list[MergeChoice]
    my_changes: list[str]
    their_changes: list[str]
    text: str


def merge(
    base: Version, *, mine: str, theirs: Version, choices: Mapping[str, str] | None = None
) -> Merging:
    """Bring my text and their version together; `choices` has "theirs" where theirs is to hold.

    The text keeps the comments of their version, which is the one that is saved.
    """
    was, my, their = (_read(text) for text in (base.text, mine, theirs.text))
    mine_changed, theirs_changed = changes(was, my), changes(was, their)
    labels = {change.path: change.label for change in (*mine_changed, *theirs_changed)}
    found = three_way(was, my, their).conflicts
    named = {f"take-{index}": conflict for index, conflict in enumerate(found)}
    chosen = {c.path for name, c in named.items() if (choices or {}).get(name) == THEIRS}
    merged = three_way(was, my, their, theirs_at=chosen).merged
    return Merging(
        base=base,
        latest=theirs,
        mine=mine,
        choices=[
            _choice(name, conflict, label=labels.get(conflict.path, conflict.path))
            for name, conflict in named.items()
        ],
        my_changes=[sentence(change) for change in mine_changed],
        their_changes=[sentence(change) for change in theirs_changed],
        text=update_text(theirs.text, merged),
    )


def _read(text: str) -> ComputeConfig:
    return parse(text).draft or ComputeConfig()


def _choice(name: str, conflict: MergeConflict, *, label: str) -> MergeChoice:
    return MergeChoice(
        name=name,
        label=label,
        path=conflict.path,
        base=in_words(conflict.base),
        mine=in_words(conflict.mine),
        theirs=in_words(conflict.theirs),
    )
