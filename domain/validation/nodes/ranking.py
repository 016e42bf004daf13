"""Checks of `instance_ranking_strategy`: known rankers, and groups that exist."""

from collections.abc import Iterator, Mapping, Sequence

from domain.configuration.spec import ComputeConfig, MarketType
from domain.problems import (
    Problem,
    did_you_mean,
    error,
    nearest,
    note,
    removing,
    setting,
    shown,
    warning,
)

FLAG = "instance_ranking_strategy"
RANKERS = ("price", "custom_group_order")
_MARKETS = {
    "spot": (MarketType.SPOT, MarketType.PREFER_SPOT),
    "on-demand": (MarketType.ON_DEMAND, MarketType.PREFER_SPOT),
}


def ranking_problems(config: ComputeConfig) -> Iterator[Problem]:
    """What is wrong with the order in which groups are preferred."""
    value, path = config.flags.get(FLAG), f"flags.{FLAG}"
    if value is None:
        return
    if not isinstance(value, list | tuple):
        message = f"`{FLAG}` must be a list of rankers, not {shown(value)}."
        meant = [{"ranker_type": "price"}] if value == "price" else None
        fix = setting(path, meant, label="Write it as a list") if meant else None
        yield error(path, "ranking-form", message, hint="Write: - ranker_type: price.", fix=fix)
        return
    for index, ranker in enumerate(value):
        yield from _ranker(ranker, f"{path}[{index}]", config)


def ranked(config: ComputeConfig) -> Iterator[tuple[str, str]]:
    """Each entry of every order of preference that can be read, with its path."""
    value = config.flags.get(FLAG)
    for index, ranker in enumerate(value if isinstance(value, list | tuple) else ()):
        settings = ranker.get("ranker_config") if isinstance(ranker, Mapping) else None
        order = settings.get("group_order") if isinstance(settings, Mapping) else None
        if isinstance(order, list | tuple):
            yield from _entries(order, f"flags.{FLAG}[{index}].ranker_config.group_order")


def _ranker(ranker: object, path: str, config: ComputeConfig) -> Iterator[Problem]:
    kind = ranker.get("ranker_type") if isinstance(ranker, Mapping) else None
    if not isinstance(ranker, Mapping) or kind is None:
        message = "Each ranker must be a mapping with a `ranker_type`."
        yield error(path, "ranking-form", message, hint="Write: - ranker_type: price.")
    elif kind not in RANKERS:
        near = nearest(str(kind), RANKERS)
        hint = did_you_mean(str(kind), RANKERS) or f"Rankers: {', '.join(RANKERS)}."
        fix = setting(f"{path}.ranker_type", near) if near else None
        message = f"Unknown ranker {shown(kind)}."
        yield error(f"{path}.ranker_type", "unknown-ranker", message, hint=hint, fix=fix)
    elif kind == "custom_group_order":
        settings = ranker.get("ranker_config")
        order = settings.get("group_order") if isinstance(settings, Mapping) else None
        yield from _order(order, f"{path}.ranker_config.group_order", config)
        if isinstance(settings, Mapping) and settings.get("enable_replacement") is True:
            yield from _replacement(f"{path}.ranker_config.enable_replacement", config)


def _replacement(path: str, config: ComputeConfig) -> Iterator[Problem]:
    """Replacing nodes by rank does not ask which labels their work selects."""
    labeled = [shown(group.name) for group in config.groups if group.labels]
    if labeled and len(config.groups) > 1:
        message = f"Nodes are replaced by rank, but {', '.join(labeled)} can be selected by labels."
        hint = "Anyscale advises against both: a replacement may lack the label that work selects."
        yield warning(path, "ranking-replaces-labeled", message, hint=hint)


def _order(order: object, path: str, config: ComputeConfig) -> Iterator[Problem]:
    if not isinstance(order, list | tuple):
        message = "`custom_group_order` needs a `group_order`: a list of groups."
        hint = "Write: group_order: [[a/spot, b/spot], [a/on-demand]]."
        yield error(path, "ranking-form", message, hint=hint)
        return
    named = []
    seen: set[str] = set()
    for at, entry in _entries(order, path):
        group, _, market = entry.partition("/")
        named.append(group)
        if entry in seen:
            message = f"The group order lists {shown(entry)} twice."
            gone = removing(at, label="Remove the second")
            yield warning(at, "ranking-twice", message, hint="The first entry applies.", fix=gone)
            continue
        seen.add(entry)
        yield from _entry(group, market, at, config)
    for index, missing in enumerate(config.groups):
        if missing.name not in named:
            message = f"The group {shown(missing.name)} is not in the group order."
            hint = "It comes after all listed groups."
            yield note(f"worker_nodes[{index}].name", "group-not-ranked", message, hint=hint)


def _entries(order: Sequence[object], path: str) -> Iterator[tuple[str, str]]:
    """Each entry with its path: an entry is a group, or a list of groups that are equal."""
    for index, entry in enumerate(order):
        if isinstance(entry, list | tuple):
            for inner, name in enumerate(entry):
                yield f"{path}[{index}][{inner}]", str(name)
        else:
            yield f"{path}[{index}]", str(entry)


def _entry(group: str, market: str, path: str, config: ComputeConfig) -> Iterator[Problem]:
    found = config.group(group)
    if found is None:
        names = [one.name for one in config.groups]
        near = nearest(group, names)
        fixed = f"{near}/{market}" if market else near
        fix = setting(path, fixed) if near else removing(path, label="Remove the entry")
        message = f"The group order lists {shown(group)}, which is not a group."
        hint = did_you_mean(group, names) or "It is ignored."
        yield error(path, "ranking-unknown-group", message, hint=hint, fix=fix)
    elif market and market not in _MARKETS:
        message = f"{shown(market)} is not a market."
        hint, near = "Write group/spot or group/on-demand.", nearest(market, _MARKETS)
        fix = setting(path, f"{group}/{near}" if near else group)
        yield error(path, "ranking-market", message, hint=hint, fix=fix)
    elif market and found.market_type not in _MARKETS[market]:
        message = f"{shown(group)} never uses {market}: its market is {found.market_type}."
        fix = setting(path, group, label=f"Write {group}")
        yield warning(path, "ranking-market-unused", message, hint=f"Write `{group}`.", fix=fix)
