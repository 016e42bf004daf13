"""A block seen through its provider's settings: the texts of the fields, and the rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.instance_settings.kinds import same
from domain.instance_settings.table import MISSING, At, Block, Link, Setting, copied

type Settle = Callable[[Block, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the settings show of a block.

    `values` are the values that a field shows, by the settings' names; `rest` is what none does:
    None where the block is none or all of it is shown.
    """

    settings: Sequence[Setting]
    block: Mapping[str, Any] | None
    values: Mapping[str, Any]
    rest: Block | None
    settle: Settle | None = None  # what a change takes along

    @property
    def texts(self) -> dict[str, str]:
        """What the fields show; "" where nothing is set."""
        return {
            setting.name: (setting.kind.text(self.values[setting.name]) or "")
            if setting.name in self.values
            else ""
            for setting in self.settings
        }

    def written(
        self, changes: Mapping[str, Any], *, rest: Mapping[str, Any] | None = MISSING
    ) -> Block | None:
        """The block with changed values, None to clear one, and perhaps another rest.

        What the new rest says itself, it says instead of a field that was not changed.
        """
        base = self.rest if rest is MISSING else rest
        block = _joined(self.settings, self.values, base or {})
        links: list[Link] = []
        for setting in self.settings:
            if setting.name in changes:
                old = setting.place.find(block, setting.kind)
                links += [] if old is MISSING else setting.place.remove(block, old)
        for setting in self.settings:
            if changes.get(setting.name) is not None:
                setting.place.put(block, changes[setting.name])
        _tidy(links)
        if self.settle is not None:
            self.settle(block, changes)
        return None if base is None and not block else block

    def name_at(self, loc: tuple[str | int, ...]) -> str:
        """The setting that shows what stands at `loc` of the block; "" if none does."""
        block = dict(self.block or {})
        depths = {
            setting.name: _depth(setting, self.values[setting.name], loc, block)
            for setting in self.settings
            if setting.name in self.values
        }
        name = max(depths, key=lambda name: depths[name], default="")
        return name if name and depths[name] else ""


def _depth(one: Setting, value: Any, loc: tuple[str | int, ...], block: Block) -> int:
    """How deep the setting's place is around `loc`; 0 if it does not show what stands there."""
    depth = one.place.covers(loc, block)
    hides = one.kind.by_entry and len(loc) > depth and loc[depth] not in value
    return 0 if hides else depth


@dataclass(frozen=True, slots=True)
class SettingsTable:
    """The typed settings of one provider's blocks: which a block has, and what a change takes
    along.
    """

    of: Callable[[Mapping[str, Any]], Sequence[Setting]]
    settle: Settle | None = None

    def read(self, block: Mapping[str, Any] | None) -> Reading:
        """What the settings show of a block; None is a node without one."""
        return read_with(self.of(block or {}), block, settle=self.settle)


def read_with(
    settings: Sequence[Setting], block: Mapping[str, Any] | None, *, settle: Settle | None = None
) -> Reading:
    """Read a block with these settings, as many of them as give the block again."""
    if not block:
        return Reading(settings, block, {}, None if block is None else {}, settle)
    plain = dict(block)
    simple = [setting for setting in settings if isinstance(setting.place, At)]
    for some, drop in ((settings, True), (settings, False), (simple, False)):
        values, rest = _taken(some, plain, drop=drop)
        if same(_joined(settings, values, rest), plain):
            return Reading(settings, block, values, rest or None, settle)
    return Reading(settings, block, {}, copied(plain), settle)


def _taken(
    settings: Iterable[Setting], block: Block, *, drop: bool
) -> tuple[dict[str, Any], Block]:
    """The values that can be shown and what is left; lists of which nothing is left may drop."""
    rest, values = copied(block), {}
    links: list[Link] = []
    for setting in settings:
        value = setting.place.find(rest, setting.kind)
        if value is not MISSING and setting.kind.text(value) is not None:
            values[setting.name] = value
            links += setting.place.remove(rest, value)
    _take_husks(links, drop=drop)
    return values, rest


def _joined(settings: Iterable[Setting], values: Mapping[str, Any], rest: Mapping[str, Any]) -> Any:
    block = copied(dict(rest))
    for setting in settings:
        if setting.name not in values or not setting.place.is_open(block):
            continue
        value, now = values[setting.name], setting.place.find(block, setting.kind)
        if now is MISSING or setting.kind.by_entry:
            existing = now if isinstance(now, dict) else {}
            setting.place.put(block, {**value, **existing} if setting.kind.by_entry else value)
    return block


def _deepest_first(links: Iterable[Link]) -> list[Link]:
    once = {id(link.child): link for link in links}
    return sorted(once.values(), key=lambda link: -link.depth)


def _take_husks(links: Iterable[Link], *, drop: bool) -> None:
    """Take out what nothing is left of. An entry of a list stays, bare, to keep the others'
    places, unless the whole list goes.
    """
    bare: list[Any] = []
    for link in _deepest_first(links):
        if isinstance(link.child, list):
            known = {id(entry) for entry in bare}
            gone = drop and all(id(entry) in known for entry in link.child)
        else:
            gone = link.is_bare
        if gone and isinstance(link.holder, list):
            bare.append(link.child)
        elif gone:
            del link.holder[link.step]


def _tidy(links: Iterable[Link]) -> None:
    """Take out the containers that were emptied, entries of lists too."""
    for link in _deepest_first(links):
        if not link.is_bare:
            continue
        if isinstance(link.holder, list):
            link.holder[:] = [entry for entry in link.holder if entry is not link.child]
        elif link.holder.get(link.step) is link.child:
            del link.holder[link.step]
