"""What the last plan found no node for, as lines that pages show and health is judged by."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from domain.demand import Bundle, Demand, Gang, Resources, Strategy, describe
from domain.health.model import Wait
from domain.planner import Plan, PlannedGroup, PlanRequest, Unserved, plan
from domain.planner.explanation import sentences
from domain.planner.explanation.causes import WORK, SourceKind

MOST_WAITS = 20
# Whether placement groups could ever be placed is planned for so many, none of them larger.
MOST_CHECKED, MOST_BUNDLES = 3, 100
_SHOWN_BUNDLES = 3

type _Key = tuple[str, bool, tuple[str, ...]]


def waits_of(
    request: PlanRequest, answer: Plan, *, before: Sequence[Wait], now: datetime
) -> tuple[Wait, ...]:
    """Return what waits after a plan; what waited `before` keeps its beginning."""
    since = {_key(wait): wait.since for wait in before}
    bundles = [item for item in answer.unserved if _is_of_group(item)]
    others = [_wait(item, now) for item in answer.unserved if not _is_of_group(item)]
    found = [*others, *_placement_groups(request, bundles, now)][:MOST_WAITS]
    return tuple(replace(wait, since=since.get(_key(wait), now)) for wait in found)


def _key(wait: Wait) -> _Key:
    return wait.what, wait.is_never, tuple(wait.stops)


def _plain(resources: Resources) -> str:
    """Return resources as a sentence has them: "CPU:1, memory:4 GiB"."""
    return describe(resources).strip("{}").replace(": ", ":") or "no resources"


def _is_of_group(item: Unserved) -> bool:
    return item.cause.source.kind is SourceKind.PLACEMENT_GROUP


def _wait(item: Unserved, now: datetime) -> Wait:
    cause = item.cause
    is_work = cause.source.kind is SourceKind.WORK and cause.purpose is None
    return Wait(
        what=_plain(item.resources),
        count=item.count,
        reason=item.reason,
        stops=tuple(stop.kind for stop in cause.stops),
        groups=_groups(item),
        is_work=is_work,
        is_never=is_work and cause.misfit is not None and not cause.stops,
        since=now,
    )


def _groups(item: Unserved) -> tuple[str, ...]:
    named = [stop.group for stop in item.cause.stops]
    if item.cause.purpose and item.cause.purpose.group:
        named.append(item.cause.purpose.group)
    return tuple(dict.fromkeys(filter(None, named)))


def _placement_groups(
    request: PlanRequest, bundles: Sequence[Unserved], now: datetime
) -> Iterable[Wait]:
    """Yield each placement group that waits, equal ones once, and whether it always will."""
    counts: dict[tuple[str, str], list[Gang]] = {}
    for gang in request.demand.gangs:
        counts.setdefault((gang.strategy, _content(gang.bundles)), []).append(gang)
    checks = MOST_CHECKED
    for (strategy, content), same in counts.items():
        item = next((item for item in bundles if _is_bundle(item, same[0])), None)
        if item is None:
            continue
        is_checked = checks > 0 and len(same[0].bundles) <= MOST_BUNDLES
        checks -= is_checked
        never = _why_never(request, same[0]) if is_checked else ""
        yield Wait(
            what=f"{strategy} placement group ({content})",
            count=len(same),
            reason=never or sentences.unserved(replace(item.cause, source=WORK)),
            stops=tuple(stop.kind for stop in item.cause.stops),
            groups=_groups(item),
            is_work=False,
            is_placement_group=True,
            is_never=bool(never),
            since=now,
        )


def _is_bundle(item: Unserved, gang: Gang) -> bool:
    if item.cause.source.strategy != gang.strategy:
        return False
    own = [dict(bundle.resources) for bundle in gang.bundles]
    # A STRICT_PACK group is placed as one sum.
    return dict(item.resources) in own or dict(item.resources) == _sum(own)


def _sum(amounts: Iterable[dict[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for each in amounts:
        for name, amount in each.items():
            total[name] = total.get(name, 0) + amount
    return total


def _content(bundles: Sequence[Bundle]) -> str:
    counts: dict[str, int] = {}
    for bundle in bundles:
        words = _plain(bundle.resources)
        counts[words] = counts.get(words, 0) + 1
    shown = [f"{count} × {words}" for words, count in counts.items()]
    more = len(shown) - _SHOWN_BUNDLES
    return ", ".join(shown[:_SHOWN_BUNDLES]) + (f" and {more} more" if more > 0 else "")


def _why_never(request: PlanRequest, gang: Gang) -> str:
    """Return why the placement group waits even where the cluster has nothing else to do."""
    empty = replace(
        request,
        nodes=(),
        demand=Demand(gangs=(gang,)),
        groups=tuple(map(_at_rest, request.groups)),
        head_free=request.head_total,
        min_resources={},
        upscaling_speed=None,
    )
    left = [item for item in plan(empty).unserved if _is_of_group(item)]
    if not left:
        return ""
    item = next((item for item in left if item.cause.misfit), left[0])
    why = sentences.unserved(replace(item.cause, source=WORK))
    if item.cause.misfit:
        return why
    if gang.strategy == Strategy.STRICT_PACK and not _has_one_node(request, gang):
        return "no node has room for all of its bundles together"
    apart = gang.strategy == Strategy.STRICT_SPREAD
    return f"each bundle needs a node of its own, and {why}" if apart else why


def _has_one_node(request: PlanRequest, gang: Gang) -> bool:
    total = _sum(dict(bundle.resources) for bundle in gang.bundles)
    offers = (offer for group in request.groups for offer in group.offers)
    return any(
        all(offer.resources.get(name, 0) >= amount for name, amount in total.items())
        for offer in offers
    )


def _at_rest(group: PlannedGroup) -> PlannedGroup:
    """Return the group as it is once nothing of it is in cooldown."""
    offers = tuple(replace(offer, cooling="", quota=None) for offer in group.offers)
    return replace(group, offers=offers, cooling="", min_nodes=0, floors=(), warm_spare=0)
