"""Kinds of values: how each is shown in its field, and what the field's value becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from configurations.editor.tables.inputs import yaml_text
from domain.configuration.spec import Disruption, GroupSettings, Schedule, WindowSettings, written
from domain.quantities import format_bytes
from domain.strategies.schedule import DAYS

type Keys = tuple[str, ...]
type Values = dict[str, Any]

ALWAYS, CRON, WEEK = "", "cron", "week"
"""What a window may be: at all times, a cron line, or weekdays."""


def _same(value: Any) -> Any:
    return value


def _any(_value: object) -> bool:
    return True


@dataclass(frozen=True)
class FieldKind:
    """How a value is shown in its field (`show`), and what it is in the configuration (`take`).

    A value that does not `fits` is not shown there.
    """

    show: Callable[[Any], Any] = _same
    take: Callable[[Any], Any] = _same
    fits: Callable[[Any], bool] = _any

    def read(self, root: Any, keys: Keys) -> Any:
        """Return what the field shows of `root`."""
        value = _at(root, keys)
        return self.show(value if value is None or self.fits(value) else None)

    def write(self, values: Values, keys: Keys, value: Any) -> Values:
        """Return the values of `root` with what the field has now."""
        return _put(values, keys, self.take(value))


class Key(FieldKind):
    """A key of a free mapping, such as a flag: without a value there is no key."""

    def write(self, values: Values, keys: Keys, value: Any) -> Values:
        taken = self.take(value)
        if taken is not None:
            return _put(values, keys, taken)
        held = {name: item for name, item in _at(values, keys[:-1]).items() if name != keys[-1]}
        return _put(values, keys[:-1], held)


class Chosen(FieldKind):
    """One of a few values; the empty choice changes nothing."""

    def write(self, values: Values, keys: Keys, value: Any) -> Values:
        return super().write(values, keys, value) if value else values


@dataclass(frozen=True)
class Member(FieldKind):
    """Whether a word is in a list, which is kept in the given order."""

    order: tuple[str, ...] = ()

    def read(self, root: Any, keys: Keys) -> Any:
        return keys[-1] in _at(root, keys[:-1])

    def write(self, values: Values, keys: Keys, value: Any) -> Values:
        *place, word = keys
        words = {*_at(values, tuple(place))} - {word} | ({word} if value else set())
        return _put(values, tuple(place), tuple(each for each in self.order if each in words))


@dataclass(frozen=True)
class Rest(FieldKind):
    """What no other row of the table shows of a free mapping; `others` are those rows' kinds."""

    others: Mapping[str, FieldKind] | None = None

    def _is_shown(self, name: str, value: object) -> bool:
        other = (self.others or {}).get(name)
        return other is not None and other.fits(value)

    def read(self, root: Any, keys: Keys) -> Any:
        held = _at(root, keys).items()
        return self.show({name: item for name, item in held if not self._is_shown(name, item)})

    def write(self, values: Values, keys: Keys, value: Any) -> Values:
        held = _at(values, keys).items()
        kept = {name: item for name, item in held if self._is_shown(name, item)}
        return _put(values, keys, kept | dict(value or {}))


@dataclass(frozen=True)
class Whole(FieldKind):
    """A value that is made of several: `reading` and `writing` have all that the table is of."""

    reading: Callable[[Any], Any] = _same
    writing: Callable[[Values, Any], Values] = lambda values, _: values

    def read(self, root: Any, keys: Keys) -> Any:  # noqa: ARG002
        return self.reading(root)

    def write(self, values: Values, keys: Keys, value: Any) -> Values:  # noqa: ARG002
        return self.writing(values, value)


def _at(root: Any, keys: Keys) -> Any:
    for key in keys:
        root = root.get(key) if isinstance(root, dict) else getattr(root, key, None)
    return root


def _put(values: Any, keys: Keys, value: Any) -> Values:
    """The values with one of them exchanged; what is on the way to it becomes plain."""
    key, *rest = keys
    inner = dict(values or {})
    inner[key] = _put(inner.get(key), tuple(rest), value) if rest else value
    return inner


def _or_none(value: Any) -> Any:
    return value or None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


PLAIN = FieldKind()
NAME = FieldKind(show=lambda value: value or "", take=_or_none)
GROUP_NAME = FieldKind(take=_or_none)
WORD = FieldKind(show=lambda value: str(value or ""))
MARKET = Chosen(show=str)
MINUTES = FieldKind(show=lambda value: value or 0)
NODES = FieldKind(show=str)
YAML_BLOCK = FieldKind(show=yaml_text)
YAML_MAPPING = FieldKind(
    show=lambda value: yaml_text(value or None), take=lambda value: value or {}
)
YAML_MODEL = FieldKind(show=lambda value: yaml_text(value and written(value)))
YAML_MODELS = FieldKind(
    show=lambda values: yaml_text([written(value) for value in values] or None),
    take=lambda values: values or (),
)
LIMIT = Key()
TEXT_FLAG = Key(show=lambda value: value or "", take=_or_none, fits=_is_text)
SWITCH_FLAG = Key(show=bool, take=_or_none, fits=lambda value: isinstance(value, bool))
WEIGHT_FLAG = Key(
    take=lambda value: None if value == "" else value,
    fits=lambda value: type(value) in {int, float} and value >= 0,
)
OTHER_LIMITS = Rest()
OTHER_FLAGS = Rest(show=lambda value: yaml_text(value or None))
DAY = Member(order=DAYS)
REASON = Member(order=tuple(Disruption))


def of_group(key: str) -> FieldKind:
    """Return the kind of a group's setting: its default is an empty field."""
    default = GroupSettings.model_fields[key].default
    return FieldKind(
        show=lambda value: None if value == default else value,
        take=lambda value: default if value in (None, "") else value,
    )


class _Hardware(FieldKind):
    """Of the hardware that a node must have: without any, none is required."""

    def write(self, values: Values, keys: Keys, value: Any) -> Values:
        values = super().write(values, keys, None if value == "" else value)
        required = values[keys[0]]
        is_any = any(item is not None for item in required.values())
        return {**values, keys[0]: required if is_any else None}


HARDWARE = _Hardware(show=lambda value: "" if value is None else value)
HARDWARE_MEMORY = _Hardware(show=lambda value: "" if value is None else format_bytes(value))


def _with_type(values: Values, name: str) -> Values:
    """A named type takes the place of required hardware: a node has one of the two."""
    values = {**values, "instance_type": name or None}
    return {**values, "required_resources": None} if name else values


MACHINE_TYPE = Whole(reading=lambda node: node.instance_type or "", writing=_with_type)
ALL_NODES = Whole(
    reading=lambda group: min(group.min_nodes, group.max_nodes),
    writing=lambda values, n: {**values, "min_nodes": n, "max_nodes": max(1, n)},
)
"""Minimum and maximum as one number."""

IDLE_FLAG = "idle_termination_seconds"


def _with_idle_seconds(values: Values, seconds: int) -> Values:
    """Anyscale's flag follows our own key, if it is there."""
    values = _put(values, ("mobula", "worker_idle_seconds"), seconds)
    has_flag = IDLE_FLAG in values["flags"]
    return _put(values, ("flags", IDLE_FLAG), seconds) if has_flag else values


IDLE_SECONDS = Whole(
    reading=lambda config: config.worker_idle_seconds,
    writing=_with_idle_seconds,
    fits=lambda value: type(value) is int,
)

_NO_WINDOW: Values = {"cron": "", "minutes": None, "days": (), "start": "", "end": ""}
_WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
_FIRST: dict[str, Values] = {
    ALWAYS: _NO_WINDOW,
    CRON: {**_NO_WINDOW, "cron": "0 8 * * mon-fri", "minutes": 600},
    WEEK: {**_NO_WINDOW, "days": _WORKDAYS, "start": "08:00", "end": "18:00"},
}
"""What a window is once its kind has been chosen."""


def _kind_of_window(window: WindowSettings) -> str:
    """Whether the window is one of cron or of weekdays, or of neither, which is at all times."""
    if window.days or window.start or window.end:
        return WEEK
    is_timed = window.cron or window.minutes or isinstance(window, Schedule)
    return CRON if is_timed else ALWAYS


WINDOW = Whole(reading=_kind_of_window, writing=lambda values, when: {**values, **_FIRST[when]})
"""Another kind of window begins anew."""
