"""The order in which groups are preferred, as rows: read from the flags, and written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from configurations.editor.tables.kinds import FieldKind, Keys, Values
from configurations.editor.tables.shapes import Rank
from domain.configuration.spec import ComputeConfig
from domain.problems import Loc

FLAG, ORDER = "instance_ranking_strategy", "custom_group_order"
_OTHER_KEYS = {"ranker_type", "ranker_config"}
_SETTINGS = {"group_order", "enable_replacement"}


def is_order(value: object) -> bool:
    """Return whether rows and a switch show all of the flag's value."""
    return isinstance(value, list | tuple) and len(value) == 1 and _is_known(value[0])


def _is_known(ranker: object) -> bool:
    if not isinstance(ranker, Mapping) or ranker.keys() != _OTHER_KEYS:
        return False
    settings = ranker["ranker_config"]
    if ranker["ranker_type"] != ORDER or not isinstance(settings, Mapping):
        return False
    replaces = settings.get("enable_replacement", False)
    is_plain = settings.keys() <= _SETTINGS and isinstance(replaces, bool)
    return is_plain and _levels(settings.get("group_order")) is not None


def _levels(order: object) -> list[list[str]] | None:
    """The order's levels; None where it is something else."""
    if not isinstance(order, list | tuple):
        return None
    levels = [list(one) if isinstance(one, list | tuple) else [one] for one in order]
    is_plain = all(level and all(isinstance(name, str) for name in level) for level in levels)
    return levels if is_plain else None


def read_ranks(config: ComputeConfig) -> list[Rank] | None:
    """Return the order as rows; None where the flag says something that rows cannot show."""
    value = config.flags.get(FLAG)
    if value is None:
        return []
    if not is_order(value):
        return None
    levels = _levels(value[0]["ranker_config"]["group_order"]) or []
    return [_rank(name, tied=place > 0) for level in levels for place, name in enumerate(level)]


def _rank(entry: str, *, tied: bool) -> Rank:
    group, _, market = entry.partition("/")
    return Rank(group=group, market=market, tied=tied)


def with_ranks(config: ComputeConfig, ranks: Sequence[Rank]) -> ComputeConfig:
    """Return the configuration with this order; without any entry, there is no ranking."""
    if list(ranks) == read_ranks(config):
        return config
    flags = dict(config.flags)
    held: Any = flags.pop(FLAG, None)
    if ranks:
        settings = held[0]["ranker_config"] if held else {}
        are_lists = bool(held) and all(
            isinstance(level, list | tuple) for level in settings["group_order"]
        )
        order = _order(ranks, are_lists=are_lists)
        ranker = {"ranker_type": ORDER, "ranker_config": {**settings, "group_order": order}}
        flags = {**config.flags, FLAG: [ranker]}
    return config.replace(flags=flags)


def _order(ranks: Sequence[Rank], *, are_lists: bool) -> list[Any]:
    levels: list[list[str]] = []
    for rank in ranks:
        entry = f"{rank.group}/{rank.market}" if rank.market else rank.group
        if rank.tied and levels:
            levels[-1].append(entry)
        else:
            levels.append([entry])
    return [level if are_lists or len(level) > 1 else level[0] for level in levels]


def rank_at(config: ComputeConfig, loc: Loc) -> tuple[int, Loc] | None:
    """Return the row of an entry of the order that is at this place of the configuration."""
    levels = _shown_levels(config)
    if loc[:5] != ("flags", FLAG, 0, "ranker_config", "group_order") or not levels:
        return None
    level, inner = (*loc[5:7], 0, 0)[:2] if loc[5:] else (None, None)
    if not isinstance(level, int) or not isinstance(inner, int) or level >= len(levels):
        return None
    return sum(map(len, levels[:level])) + min(inner, len(levels[level]) - 1), ()


def _shown_levels(config: ComputeConfig) -> list[list[str]]:
    value = config.flags.get(FLAG)
    found = _levels(value[0]["ranker_config"]["group_order"]) if is_order(value) else None  # type: ignore[index]
    return found or []


class Replacement(FieldKind):
    """Whether nodes of a higher rank replace others: a switch beside the order."""

    def read(self, root: Any, keys: Keys) -> bool:  # noqa: ARG002
        value = root.flags.get(FLAG)
        return is_order(value) and bool(value[0]["ranker_config"].get("enable_replacement"))

    def write(self, values: Values, keys: Keys, value: Any) -> Values:  # noqa: ARG002
        held = values["flags"].get(FLAG)
        if held is not None and not is_order(held):
            return values
        settings = {"group_order": [], **(held[0]["ranker_config"] if held else {})}
        settings.pop("enable_replacement", None)
        settings |= {"enable_replacement": True} if value else {}
        flags = {key: item for key, item in values["flags"].items() if key != FLAG}
        if value or settings["group_order"]:
            ranker = {"ranker_type": ORDER, "ranker_config": settings}
            flags = {**values["flags"], FLAG: [ranker]}
        return {**values, "flags": flags}


REPLACEMENT = Replacement(fits=is_order)
