"""Settings, and the places in a block where their values stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from domain.instance_settings.kinds import Kind, same

type Block = dict[str, Any]

MISSING: Any = object()
"""What stands at a place where nothing stands."""


class By(NamedTuple):
    """A step into a list: the first entry whose `key` has this value."""

    key: str
    value: str | int | bool
    more: tuple[tuple[str, Any], ...] = ()  # what a new entry has besides

    def meets(self, entry: Any) -> bool:
        """True if the entry is the one that is meant."""
        return isinstance(entry, Mapping) and same(entry.get(self.key), self.value)

    @property
    def new(self) -> Block:
        """A new entry."""
        return {self.key: self.value, **dict(self.more)}

    def is_bare(self, entry: Block) -> bool:
        """True if the entry says nothing that a new one would not."""
        return self.meets(entry) and all(
            key in self.new and same(self.new[key], value) for key, value in entry.items()
        )


type Step = str | int | By
type Loc = tuple[Step, ...]


class Link(NamedTuple):
    """A container on the way to a value that was taken out, and what holds it."""

    depth: int
    holder: Any
    step: Step
    child: Any

    @property
    def is_bare(self) -> bool:
        """True if nothing is left of it."""
        return not self.child or (isinstance(self.step, By) and self.step.is_bare(self.child))


class SettingLocation(Protocol):
    """Where the values of a setting stand."""

    def find(self, block: Block, kind: Kind) -> Any:
        """The value that stands there, as far as the setting may show it; else MISSING."""

    def remove(self, block: Block, value: Any) -> list[Link]:
        """Take the value out; the containers that it stood in."""

    def put(self, block: Block, value: Any) -> None:
        """Put a value there, making the containers on the way."""

    def is_open(self, block: Block) -> bool:
        """True if nothing of another kind is in the way."""

    def covers(self, loc: tuple[str | int, ...], block: Block) -> int:
        """How many steps this place is deep, if `loc` lies within it; else 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One typed setting: how it is called, what it says, and where its value stands."""

    name: str
    label: str
    group: str
    kind: Kind
    place: SettingLocation
    help: str = ""


@dataclass(frozen=True, slots=True)
class At:
    """One value under a path; `besides` are entries of it that are shown elsewhere."""

    loc: Loc
    besides: tuple[str, ...] = ()

    def find(self, block: Block, kind: Kind) -> Any:
        """The value; of a mapping that is shown by entries, those that can be shown."""
        value = under(block, self.loc)
        if value is MISSING or not kind.by_entry:
            return value
        if not isinstance(value, Mapping):
            return MISSING
        entries = {
            key: item
            for key, item in value.items()
            if key not in self.besides and kind.text({key: item}) is not None
        }
        return entries or MISSING

    def remove(self, block: Block, value: Any) -> list[Link]:
        """Take the value out, or those of its entries that `value` has."""
        links = links_to(block, self.loc)
        if links is None:
            return []
        last = links[-1] if links else None
        holder = last.child if last else block
        key = str(self.loc[-1])
        old = holder[key]
        if isinstance(value, dict) and isinstance(old, dict):
            for name in value.keys() & old.keys():
                del old[name]
            return [*links, Link(len(links) + 1, holder, key, old)]
        del holder[key]
        return links

    def put(self, block: Block, value: Any) -> None:
        """Set the value; the entries of a mapping join those that stand there."""
        holder: Any = block
        for step, after in zip(self.loc, self.loc[1:], strict=False):
            child = under(holder, (step,))
            if not _fits(child, after):
                child = [] if not isinstance(after, str) else {}
                child = _set(holder, step, child)
            holder = child
        key = str(self.loc[-1])
        old = holder.get(key)
        both = isinstance(value, dict) and isinstance(old, dict)
        holder[key] = {**old, **value} if both else value

    def is_open(self, block: Block) -> bool:
        """True if every container on the way is there or can be made."""
        holder: Any = block
        for step, after in zip(self.loc, self.loc[1:], strict=False):
            holder = under(holder, (step,))
            if holder is MISSING:
                return True
            if not _fits(holder, after):
                return False
        return True

    def covers(self, loc: tuple[str | int, ...], block: Block) -> int:
        """How deep the place is, if `loc` is it or lies within it."""
        holder: Any = block
        for step, key in zip(self.loc, loc, strict=False):
            child = under(holder, (step,))
            if child is MISSING or under(holder, (key,)) is not child:
                return 0
            holder = child
        return len(self.loc) if len(loc) >= len(self.loc) else 0


@dataclass(frozen=True, slots=True)
class Copies:
    """How many entries of a list are just like `entry`."""

    loc: Loc
    entry: Block

    def find(self, block: Block, kind: Kind) -> Any:  # noqa: ARG002
        """The number of copies; MISSING without one."""
        entries = under(block, self.loc)
        if not isinstance(entries, list):
            return MISSING
        return sum(same(item, self.entry) for item in entries) or MISSING

    def remove(self, block: Block, value: Any) -> list[Link]:  # noqa: ARG002
        """Take all copies out."""
        links = links_to(block, self.loc)
        entries = under(block, self.loc)
        if links is None or not isinstance(entries, list):
            return []
        entries[:] = [item for item in entries if not same(item, self.entry)]
        holder = links[-1].child if links else block
        return [*links, Link(len(links) + 1, holder, self.loc[-1], entries)]

    def put(self, block: Block, value: Any) -> None:
        """Add so many copies behind the other entries."""
        entries = under(block, self.loc)
        new = [copied(self.entry) for _ in range(min(value, MOST_COPIES))]
        At(self.loc).put(block, [*(entries if isinstance(entries, list) else []), *new])

    def is_open(self, block: Block) -> bool:
        """True unless something that is no list stands there."""
        entries = under(block, self.loc)
        return At(self.loc).is_open(block) and (entries is MISSING or isinstance(entries, list))

    def covers(self, loc: tuple[str | int, ...], block: Block) -> int:
        """How deep the entry at `loc` is, if it is a copy."""
        depth = len(self.loc) + 1
        entry = under(block, loc[:depth]) if len(loc) >= depth else MISSING
        within = At(self.loc).covers(loc, block) and same(entry, self.entry)
        return depth if within else 0


MOST_COPIES = 64


def under(value: Any, loc: Loc) -> Any:
    """Return what stands under the path, else MISSING."""
    for step in loc:
        if isinstance(step, By):
            entries = value if isinstance(value, list) else ()
            value = next((entry for entry in entries if step.meets(entry)), MISSING)
        elif isinstance(step, int):
            has = isinstance(value, list) and step < len(value)
            value = value[step] if has else MISSING
        else:
            value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
    return value


def links_to(block: Block, loc: Loc) -> list[Link] | None:
    """Return the containers on the way to a value; None if there is no value."""
    links: list[Link] = []
    holder: Any = block
    for depth, step in enumerate(loc[:-1], start=1):
        child = under(holder, (step,))
        links.append(Link(depth, holder, step, child))
        holder = child
    return None if under(holder, loc[-1:]) is MISSING else links


def _fits(child: Any, after: Step) -> bool:
    return isinstance(child, dict if isinstance(after, str) else list)


def _set(holder: Any, step: Step, child: Any) -> Any:
    """Put a new container under a step; what stands there then."""
    if isinstance(step, str):
        holder[step] = child
    elif isinstance(step, By):
        child = step.new
        holder.append(child)
    else:
        while len(holder) <= step:
            holder.append({})
        holder[step] = child
    return child


def copied(value: Any) -> Any:
    """Return a copy of a JSON value that shares nothing with it."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value
