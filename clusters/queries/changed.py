"""What people changed on a cluster since it was launched, and who and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from clusters.models import Cluster, Event
from clusters.nodes.config import configuration_of, settings_of
from domain.events import EventKind
from domain.lifecycle import NodeRole

_KINDS = (
    EventKind.CLUSTER_UPDATED,
    EventKind.CLUSTER_RESIZED,
    EventKind.CLUSTER_LIMITS_CHANGED,
)
_EVENTS = 50
_SIZES = (("min_nodes", "min"), ("max_nodes", "max"))
_TIMES = (("idle_minutes", "Idle timeout"), ("max_lifetime_minutes", "Maximum lifetime"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One setting that is not what the cluster was launched with."""

    what: str
    old: str
    new: str
    by: User | None
    at: datetime


def changed_since_launch(cluster: Cluster) -> list[Changed]:
    """Return each change of version, of group sizes and of time limits that still holds."""
    rows = cluster.events.filter(kind__in=_KINDS).select_related("actor").order_by("-pk")
    events = list(rows[:_EVENTS])
    return [*_versions(cluster, events), *_sizes(cluster, events), *_times(cluster, events)]


def _versions(cluster: Cluster, events: Sequence[Event]) -> Iterator[Changed]:
    moves = [event for event in events if event.kind == EventKind.CLUSTER_UPDATED]
    if not moves:
        return
    first = str(moves[-1].fields.get("from", ""))
    if first != str(cluster.version):
        yield _changed("Version", first, str(cluster.version), moves[0])


def _sizes(cluster: Cluster, events: Sequence[Event]) -> Iterator[Changed]:
    last: dict[str, Event] = {}
    for event in events:
        if event.kind == EventKind.CLUSTER_RESIZED:
            last.setdefault(str(event.fields.get("group")), event)
    config = configuration_of(cluster)
    rows = cluster.groups.filter(role=NodeRole.WORKER) if last else ()
    for row in rows:
        group = config.group(row.name)
        if group is None or row.name not in last:
            continue
        for name, word in _SIZES:
            old, new = getattr(group, name), getattr(row, name)
            if old != new:
                yield _changed(f"Group {row.name}: {word}", str(old), str(new), last[row.name])


def _times(cluster: Cluster, events: Sequence[Event]) -> Iterator[Changed]:
    last = next((e for e in events if e.kind == EventKind.CLUSTER_LIMITS_CHANGED), None)
    if last is None:
        return
    version = settings_of(configuration_of(cluster))
    for name, label in _TIMES:
        old, new = version[name], getattr(cluster, name)
        if old != new:
            yield _changed(label, _minutes(old), _minutes(new), last)


def _changed(what: str, old: str, new: str, event: Event) -> Changed:
    return Changed(what=what, old=old, new=new, by=event.actor, at=event.at)


def _minutes(minutes: int | None) -> str:
    return "none" if minutes is None else f"{minutes} min"
