"""The same failure many times over, as one line: "× 4"."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from clusters.models import Event, Node
from clusters.models.event import EventSeverity
from domain.failures import cause_of
from domain.lifecycle import EndCause

_MOST_NAMES = 5


def folded_events(events: Sequence[Event]) -> list[Event]:
    """Return the events, of equal failures only the newest, each with its number as `times`."""
    return [event for event, _ in _folded(events, key=_key_of_event)]


def folded_nodes(nodes: Sequence[Node]) -> list[Node]:
    """Return the ended nodes, of equal failures only the newest, with the others' names."""
    found = []
    for node, same in _folded(nodes, key=_key_of_node):
        names = [other.label for other in same]
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        node.others = ", ".join(names[:_MOST_NAMES]) + more  # type: ignore[attr-defined]
        found.append(node)
    return found


def _folded[Row: (Event, Node)](
    rows: Sequence[Row], *, key: Callable[[Any], Hashable | None]
) -> list[tuple[Row, list[Row]]]:
    found: list[tuple[Row, list[Row]]] = []
    places: dict[Hashable, int] = {}
    for row in rows:
        same = key(row)
        if same is not None and same in places:
            found[places[same]][1].append(row)
            continue
        if same is not None:
            places[same] = len(found)
        found.append((row, []))
    for row, others in found:
        vars(row)["times"] = 1 + len(others)
    return found


def _key_of_event(event: Event) -> Hashable | None:
    """Steps that are no failure stay apart: each has a node, or a user, of its own."""
    if event.severity == EventSeverity.INFO:
        return None
    group = event.node.group_id if event.node else None
    return event.cluster_id, event.kind, group, event.message


def _key_of_node(node: Node) -> Hashable | None:
    if not node.end_cause or not EndCause(node.end_cause).is_failure:
        return None
    return node.group_id, node.end_cause, cause_of(node.end_reason).words
