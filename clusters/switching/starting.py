"""Watch a new cluster come up beside the old one, and have it take over once it has its nodes."""

from __future__ import annotations

from django.utils.timezone import now

from clusters.following.switching import move_switch, take_over, tell_beside
from clusters.models import Cluster, Switch
from clusters.models.event import EventSeverity
from clusters.services.operating import end_cluster
from clusters.transitions import note
from domain.events import EventKind
from domain.failures import brief
from domain.lifecycle import ClusterState, ClusterTarget, NodeRole, NodeState
from domain.promotions.states import RequestState
from domain.promotions.switches import LONGEST_START, SwitchState, nodes_in_words
from domain.wording import duration
from promotions.models import Release


def give_up_unwanted(switch: Switch) -> bool:
    """End a switch that has not been made and that nobody needs any more; return whether it did."""
    reason = _why_unwanted(switch)
    if reason:
        _end(switch, SwitchState.CANCELED, reason)
    return bool(reason)


def _why_unwanted(switch: Switch) -> str:
    if switch.request.state != RequestState.APPLYING:
        return f"The change request is {switch.request.state}."
    if switch.old.target != ClusterTarget.RUNNING:
        return f"{switch.old} was {switch.old.target} meanwhile."
    return ""


def watch_start(switch: Switch, new: Cluster) -> None:
    """Have the new cluster take over once its head and as many workers as it must have are ready.

    One that ends, or takes too long, fails the switch: the old one goes on untouched.
    """
    ready, wanted = _nodes(new)
    is_ready = new.state == ClusterState.RUNNING and ready >= wanted
    if reason := _why_failed(new, is_ready=is_ready, nodes=nodes_in_words(ready, wanted)):
        fail(switch, f"{new} did not come up: {reason}")
    elif not is_ready:
        error = f" {brief(new.run.last_error)}" if new.run.last_error else ""
        _say(switch, f"Starting {new} beside it: {nodes_in_words(ready, wanted)}.{error}")
    elif switch.request.paused_at:
        _say(switch, f"{new} is ready to take over. The request is paused.")
    else:
        _switch(switch)


def _nodes(new: Cluster) -> tuple[int, int]:
    """Return how many of the nodes that it must have are ready, and how many these are."""
    ready = wanted = 0
    for group in new.groups.all():
        least = 1 if group.role == NodeRole.HEAD else group.min_nodes
        there = group.nodes.filter(state=NodeState.READY).count() if least else 0
        ready, wanted = ready + min(there, least), wanted + least
    return ready, wanted


def _why_failed(new: Cluster, *, is_ready: bool, nodes: str) -> str:
    if new.state == ClusterState.FAILED or new.target != ClusterTarget.RUNNING:
        return brief(new.run.end_reason or new.run.last_error) or f"It is {new.state}."
    if is_ready:
        return ""
    stopped = new.groups.filter(stopped_at__isnull=False, min_nodes__gt=0).first()
    if stopped:
        return f"Group {stopped} stopped. {brief(stopped.stopped_reason)}"
    if new.created_at < now() - LONGEST_START:
        return (
            f"It had {nodes} after {duration(LONGEST_START)}. {brief(new.run.last_error)}".strip()
        )
    return ""


def _switch(switch: Switch) -> None:
    release = Release.objects.select_related("version__template").get(request=switch.request_id)
    if take_over(switch, release=release):
        detail = f"Switched to {release.version}."
        move_switch(switch, SwitchState.SWITCHED, detail=detail, switched_at=now())


def fail(switch: Switch, reason: str) -> None:
    """End the switch for a reason; the old cluster goes on as it is."""
    _end(switch, SwitchState.FAILED, f"{reason} {switch.old} goes on as it is.")


def _end(switch: Switch, state: SwitchState, words: str) -> None:
    move_switch(switch, state, detail=words)
    note(
        switch.old,
        f"No other cluster took its place. {words}",
        kind=EventKind.CLUSTER_SWITCH_FAILED,
        fields={"request": switch.request_id, "state": state.value},
        severity=EventSeverity.WARNING,
    )
    if switch.new is not None:
        end_cluster(switch.new, reason=f"It does not take the place of {switch.old}. {words}")
        tell_beside(switch, "It is terminated.")


def _say(switch: Switch, words: str) -> None:
    if words != switch.detail:
        Switch.objects.filter(pk=switch.pk).update(detail=words[:500])
