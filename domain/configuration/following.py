"""What speaks of a worker group by its name, anywhere in a configuration, when that changes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.configuration.spec import ComputeConfig

type Names = Mapping[str, str | None]
"""Groups' new names by their old ones; None where the group is gone."""
type Uses = Counter[str]
"""How often each kind of thing speaks of the groups."""

SCHEDULE, RULE, RANK = "schedule", "rule", "entry of the group order"
SETTINGS, OVERRIDE = "block of group settings", "environment override"
_RANKING = "instance_ranking_strategy"


def followed(config: ComputeConfig, names: Names) -> tuple[ComputeConfig, Uses]:
    """Return the configuration speaking of the groups by their new names, and of none that is gone.

    The uses are those that went with their groups.
    """
    gone: Uses = Counter()
    if not names:
        return config, gone
    block, scaling = config.mobula, config.mobula.scaling
    new: dict[str, Any] = {
        "schedules": tuple(_entries(scaling.schedules, names, gone, kind=SCHEDULE)),
        "rules": tuple(_entries(scaling.rules, names, gone, kind=RULE)),
    }
    mobula = {
        **dict(block),
        "groups": _keys(block.groups, names, gone),
        "environments": {
            key: _overlay(part, names, gone) for key, part in block.environments.items()
        },
        "scaling": scaling.model_copy(update=new),
    }
    flags = _flags(config.flags, names, gone)
    changed = config.replace(flags=flags, mobula=mobula)
    return (config if changed == config else changed), gone


def names_used(config: ComputeConfig) -> set[str]:
    """Return the names by which the configuration speaks of groups."""
    used: set[str] = set()

    class Noted(dict[str, str | None]):
        def __contains__(self, name: object) -> bool:
            used.add(str(name))
            return False

    followed(config, Noted({"": ""}))
    return used


def in_words(gone: Uses) -> str:
    """Return what went as words: "1 schedule, 2 rules"."""
    return ", ".join(
        f"{count} {_plural(kind) if count > 1 else kind}" for kind, count in gone.items()
    )


def _plural(kind: str) -> str:
    return {SETTINGS: "blocks of group settings", RANK: "entries of the group order"}.get(
        kind, f"{kind}s"
    )


def _entries[E](entries: Sequence[E], names: Names, gone: Uses, *, kind: str) -> list[E]:
    """Schedules or rules, each with the name that its group has now."""
    kept = []
    for entry in entries:
        group = getattr(entry, "group", "")
        if group not in names:
            kept.append(entry)
        elif (new := names[group]) is None:
            gone[kind] += 1
        else:
            kept.append(entry.model_copy(update={"group": new}))  # type: ignore[attr-defined]
    return kept


def _keys(settings: Mapping[str, Any], names: Names, gone: Uses) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        new = names[name] if name in names else name  # noqa: SIM401 - asking notes the name
        if new is None:
            gone[SETTINGS] += 1
        else:
            found.setdefault(new, value)
    return found


def _flags(flags: Any, names: Names, gone: Uses) -> Any:
    """Flags whose orders of preference list the groups by their new names."""
    rankers = flags.get(_RANKING) if isinstance(flags, Mapping) else None
    if not isinstance(rankers, list | tuple):
        return flags
    kept = [_ranker(ranker, names, gone) for ranker in rankers]
    kept = [ranker for ranker in kept if ranker is not None]
    if kept == list(rankers):
        return flags
    others = {key: value for key, value in flags.items() if key != _RANKING}
    return {key: kept if key == _RANKING else flags[key] for key in flags} if kept else others


def _ranker(ranker: Any, names: Names, gone: Uses) -> Any:
    """The ranker; None where its order lists nothing any more."""
    settings = ranker.get("ranker_config") if isinstance(ranker, Mapping) else None
    order = settings.get("group_order") if isinstance(settings, Mapping) else None
    if not isinstance(order, list | tuple) or not isinstance(settings, Mapping):
        return ranker
    new = _order(order, names, gone)
    if new == list(order):
        return ranker
    return {**ranker, "ranker_config": {**settings, "group_order": new}} if new else None


def _order(order: Sequence[Any], names: Names, gone: Uses) -> list[Any]:
    found: list[Any] = []
    for entry in order:
        if isinstance(entry, list | tuple):
            inner = _order(entry, names, gone)
            found += [inner] if inner or not entry else []
            continue
        group, slash, market = str(entry).partition("/")
        if group not in names:
            found.append(entry)
        elif (new := names[group]) is None:
            gone[RANK] += 1
        else:
            found.append(f"{new}{slash}{market}")
    return found


def _overlay(part: Any, names: Names, gone: Uses) -> Any:
    """What an environment changes, for the groups by their new names."""
    if not isinstance(part, Mapping):
        return part
    own: Mapping[str, Callable[[Any], Any]] = {
        "worker_nodes": lambda value: _listed(value, "name", names, gone, kind=OVERRIDE),
        "flags": lambda value: _flags(value, names, gone),
        "mobula": lambda value: _overlaid_block(value, names, gone),
        "configs": lambda value: (
            [_overlay(one, names, gone) for one in value] if isinstance(value, list) else value
        ),
    }
    return _with(part, own)


def _overlaid_block(block: Any, names: Names, gone: Uses) -> Any:
    def scaling(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return _with(value, {
            "schedules": lambda found: _listed(found, "group", names, gone, kind=SCHEDULE),
            "rules": lambda found: _listed(found, "group", names, gone, kind=RULE),
        })  # fmt: skip

    def groups(value: Any) -> Any:
        return _keys(value, names, gone) if isinstance(value, Mapping) else value

    if not isinstance(block, Mapping):
        return block
    return _with(block, {"scaling": scaling, "groups": groups})


def _with(part: Mapping[str, Any], own: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """The mapping with these values changed, without those that have become empty."""
    found = {}
    for key, value in part.items():
        new = own[key](value) if key in own else value
        if new or not value or key not in own:
            found[key] = new
    return found


def _listed(value: Any, key: str, names: Names, gone: Uses, *, kind: str) -> Any:
    if not isinstance(value, list | tuple):
        return value
    kept = []
    for entry in value:
        group = entry.get(key) if isinstance(entry, Mapping) else None
        if not isinstance(group, str) or group not in names:
            kept.append(entry)
        elif (new := names[group]) is None:
            gone[kind] += 1
        else:
            kept.append({**entry, key: new})
    return kept
