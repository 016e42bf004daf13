"""From the settings of an account to what a form shows of them, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.accounts.declared import (
    Section,
    Setting,
    SettingKind,
    WaysSetting,
    settings_of,
    ways_of,
)

type Pairs = Sequence[tuple[str, str]]
type Path = tuple[str, ...]

YES, NO = "yes", "no"
_NOTHING: tuple[Any, ...] = ("", [], {})  # as if the key were not there
OTHERS = "other_settings"  # the field of what no other field shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a form shows, or what was posted: by the keys of settings."""

    texts: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Pairs] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)  # the name of the way
    others: str = ""  # a JSON object


@dataclass(slots=True)
class Collected:
    """Settings that were entered, with what is wrong, each as a key and a sentence."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)


def shown(sections: Sequence[Section], values: Mapping[str, Any]) -> Entered:
    """Return what a form shows of settings; what fits no field of it is in `others`."""
    rest = _copied(values)
    texts: dict[str, str] = {}
    rows: dict[str, Pairs] = {}
    for setting in settings_of(sections):
        value = _at(rest, _path(setting))
        if value is None or not (value in _NOTHING or _fits(setting, value)):
            continue
        if value in _NOTHING:
            pass
        elif setting.kind is SettingKind.ROWS:
            rows[setting.key] = list(value.items())
        else:
            texts[setting.key] = _text(setting, value)
        _take(rest, _path(setting))
    return Entered(
        texts=texts,
        rows=rows,
        ways={one.key: _way(one, texts) for one in ways_of(sections)},
        others=json.dumps(rest, indent=2, sort_keys=True) if rest else "",
    )


def collected(sections: Sequence[Section], entered: Entered) -> Collected:
    """Return the settings that were entered; what no field shows comes from `others`."""
    found = Collected()
    found.values = _others(entered.others, found.errors)
    left_out = {key for one in ways_of(sections) for key in _not_chosen(one, entered)}
    needed = {key for one in ways_of(sections) for key in _chosen(one, entered)}
    for setting in settings_of(sections):
        if setting.key in left_out:
            continue
        value = _value(setting, entered, found.errors)
        if value is not None:
            _put(found, setting, value)
        elif setting.key in needed:
            found.errors.append((setting.key, f"{setting.label} is empty. Enter one."))
    return found


def _path(setting: Setting) -> Path:
    return tuple(setting.key.split("."))


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _copied(v) if isinstance(v, Mapping) else v for k, v in values.items()}


def _at(values: Mapping[str, Any], path: Path) -> Any:
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return None
        values = values[key]
    return values


def _take(values: dict[str, Any], path: Path) -> None:
    """Remove what stands at the path, and mappings that are empty then."""
    if len(path) > 1:
        _take(values[path[0]], path[1:])
    if len(path) == 1 or not values[path[0]]:
        del values[path[0]]


def _fits(setting: Setting, value: Any) -> bool:
    """Whether the field can show the value and give back just this one."""
    match setting.kind:
        case SettingKind.TEXT:
            return isinstance(value, str) and value == value.strip() and value.isprintable()
        case SettingKind.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)
        case SettingKind.SWITCH:
            return isinstance(value, bool)
        case SettingKind.CHOICE:
            return value in setting.choices
        case SettingKind.LINES:
            return isinstance(value, list) and all(map(_is_line, value)) and _differ(value)
        case SettingKind.ROWS:
            return isinstance(value, dict) and all(map(_is_pair, value.items()))


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and value.replace(",", " ").split() == [value]


def _differ(values: Sequence[str]) -> bool:
    return len(set(values)) == len(values)


def _is_pair(pair: tuple[Any, Any]) -> bool:
    key, value = pair
    return key == key.strip() != "" and isinstance(value, str) and value == value.strip()


def _text(setting: Setting, value: Any) -> str:
    match setting.kind:
        case SettingKind.SWITCH:
            return YES if value else NO
        case SettingKind.LINES:
            return "\n".join(value)
    return str(value)


def _way(one: WaysSetting, texts: Mapping[str, str]) -> str:
    """The first way of which anything is set, or else the one that needs no settings."""
    made = [way.name for way in one.ways if any(each.key in texts for each in way.settings)]
    return made[0] if made else one.ways[0].name


def _chosen(one: WaysSetting, entered: Entered) -> Iterator[str]:
    name = entered.ways.get(one.key, one.ways[0].name)
    for way in one.ways:
        if way.name == name:
            yield from (each.key for each in way.settings)


def _not_chosen(one: WaysSetting, entered: Entered) -> set[str]:
    every = {each.key for way in one.ways for each in way.settings}
    return every - set(_chosen(one, entered))


def _value(setting: Setting, entered: Entered, errors: list[tuple[str, str]]) -> Any:
    """The value that was entered; None for none, or for one that is wrong."""
    if setting.kind is SettingKind.ROWS:
        return _mapping(setting, entered.rows.get(setting.key, ()), errors) or None
    text = entered.texts.get(setting.key, "").strip()
    match setting.kind:
        case SettingKind.NUMBER if text:
            return _number(setting, text, errors)
        case SettingKind.SWITCH if text:
            return text == YES
        case SettingKind.LINES:
            return list(dict.fromkeys(text.replace(",", " ").split())) or None
    return text or None


def _number(setting: Setting, text: str, errors: list[tuple[str, str]]) -> int | None:
    try:
        return int(text)
    except ValueError:
        errors.append((setting.key, f"'{text}' is not a whole number. Enter one such as 200."))
        return None


def _mapping(setting: Setting, pairs: Pairs, errors: list[tuple[str, str]]) -> dict[str, str]:
    first, second = (column.lower() if " " not in column else column for column in setting.columns)
    found: dict[str, str] = {}
    for key, value in ((key.strip(), value.strip()) for key, value in pairs):
        if not key and not value:
            continue
        if not key:
            errors.append((setting.key, f"The row with '{value}' has no {first}. Enter one."))
        elif key in found:
            errors.append((setting.key, f"'{key}' is there twice. Remove one of the rows."))
        elif not value and setting.needs_value:
            errors.append((setting.key, f"'{key}' has no {second}. Enter one, or remove the row."))
        else:
            found[key] = value
    return found


def _others(text: str, errors: list[tuple[str, str]]) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        values = json.loads(text)
    except ValueError as error:
        errors.append((OTHERS, f"This is not JSON: {error}. Correct it, or remove it."))
        return {}
    if not isinstance(values, dict):
        errors.append((OTHERS, 'Enter a JSON object such as {"key": "value"}.'))
        return {}
    return values


def _put(found: Collected, setting: Setting, value: Any) -> None:
    """Write a value at its place, unless the other settings have it too."""
    *above, last = _path(setting)
    values = found.values
    for key in above:
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            found.errors.append((OTHERS, f"'{key}' has a field of its own. Remove it here."))
            return
        values = inner
    if last in values:
        message = f"'{setting.key}' has a field of its own. Remove one of them."
        found.errors.append((OTHERS, message))
        return
    values[last] = value
