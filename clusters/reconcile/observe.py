"""Bring the rows of a cluster's nodes in line with what its provider reports."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from django.utils.timezone import now

from clusters import transitions
from clusters.models import Cluster, Node, Run
from clusters.nodes.with_groups import nodes_with_groups
from clusters.reconcile import interruptions
from clusters.scaling import cooldowns
from domain.cooldowns import FailureClass
from domain.failures import brief
from domain.lifecycle import UNSEEN_NODE_STATES, EndCause, NodeRole, NodeState
from domain.wording import duration
from providers.base import (
    ClusterRef,
    DriverFacts,
    MachinePhase,
    ObservedNode,
    ProviderDriver,
)

log = logging.getLogger(__name__)


def live_nodes(cluster: Cluster) -> list[Node]:
    """Return the cluster's nodes that have not ended, oldest first."""
    rows = cluster.nodes.exclude(state=NodeState.TERMINATED).order_by("pk")
    return nodes_with_groups(cluster, rows)[0]


def observe(
    cluster: Cluster,
    driver: ProviderDriver,
    ref: ClusterRef,
    *,
    seen: list[ObservedNode] | None = None,
) -> list[Node]:
    """Look at the machines, move the rows accordingly, and return the live ones.

    The machines are added to `seen`.
    """
    # The rows first: a machine that is launched while we look is no missing one.
    nodes = live_nodes(cluster)
    observed = {machine.name: machine for machine in driver.observe(ref)}
    if seen is not None:
        seen += observed.values()
    for node in nodes:
        _compare(cluster, node, observed.get(node.name), driver.facts)
    _remember_endpoints(cluster, observed.values())
    _remove_unclaimed(cluster, driver, ref, observed.keys() - {node.name for node in nodes})
    return [node for node in nodes if node.state != NodeState.TERMINATED]


def _compare(
    cluster: Cluster, node: Node, machine: ObservedNode | None, facts: DriverFacts
) -> None:
    if machine is None:
        _missing(node, facts)
        return
    if node.state == NodeState.TERMINATING and not (node.booted_at or node.ready_at):
        _late(node, machine)
    if machine.phase is MachinePhase.FAILED:
        _failed(cluster, node, machine)
    elif machine.phase is not MachinePhase.STOPPING:
        _present(cluster, node, machine, facts)
        if at := min(filter(None, (machine.interruption_at, node.interruption_at)), default=None):
            interruptions.handle_interruption(cluster, node, at=at)
        if node.fault:  # the machine runs and says that it is of no use
            _failed(cluster, node, replace(machine, reason=node.fault))


def _late(node: Node, machine: ObservedNode) -> None:
    """Count a machine that nobody saw before its node was given up; not one that never started."""
    is_up = machine.phase in {MachinePhase.PENDING, MachinePhase.RUNNING}
    is_ending = machine.phase is MachinePhase.STOPPING and node.end_cause != EndCause.START_FAILED
    if is_up or is_ending:
        since = min(filter(None, (machine.started_at, now())))
        transitions.note_late_machine(node, since=since)


def _missing(node: Node, facts: DriverFacts) -> None:
    state = NodeState(node.state)
    if state is NodeState.REQUESTED:
        return  # not yet asked for
    if state is NodeState.LAUNCHING:
        _wait_for_machine(node, facts)
    elif node.launched_at and now() - node.launched_at < facts.list_is_fresh_after:
        return  # it may be there and not be listed yet
    elif state is NodeState.TERMINATING:
        transitions.move_node(node, NodeState.TERMINATED, reason="Terminated (confirmed).")
    elif state is NodeState.DRAINING:
        transitions.move_node(node, NodeState.TERMINATED, reason="Drained. Terminated (confirmed).")
    else:
        transitions.move_node(
            node,
            NodeState.TERMINATED,
            cause=EndCause.LOST,
            reason="The machine disappeared; Mobula did not terminate it.",
        )


def _wait_for_machine(node: Node, facts: DriverFacts) -> None:
    """The launch is repeated until the provider lists the machine, or for its launch limit."""
    if node.launched_at and now() - node.launched_at > facts.launch_limit:
        error = node.cluster.run.last_error
        why = brief(error) if error else "The provider does not list it."
        transitions.move_node(
            node,
            NodeState.TERMINATING,
            cause=EndCause.START_FAILED,
            reason=f"No machine from the provider within {duration(facts.launch_limit)}: {why}",
        )


def _failed(cluster: Cluster, node: Node, machine: ObservedNode) -> None:
    state = NodeState(node.state)
    if state is NodeState.TERMINATING:
        return
    if state is NodeState.DRAINING:  # a drained raylet exits by itself: that is no failure
        transitions.move_node(node, NodeState.TERMINATING, reason="Drained.")
        return
    cause = EndCause.LOST if node.ready_at else EndCause.START_FAILED
    if cause is EndCause.START_FAILED and machine.failure is FailureClass.TRANSIENT:
        cause = EndCause.START_TIMED_OUT
    if machine.interruption_at is not None:  # taken back before anybody heard the notice
        cause = EndCause.INTERRUPTED
    if machine.failure is not None and not node.ready_at:
        cooldowns.note_failure(cluster, node, failure=machine.failure, cause=machine.reason)
    transitions.move_node(node, NodeState.TERMINATING, cause=cause, reason=machine.reason)


def _present(cluster: Cluster, node: Node, machine: ObservedNode, facts: DriverFacts) -> None:
    state = NodeState(node.state)
    if machine.address and machine.address != node.address:
        node.address = machine.address
        Node.objects.filter(pk=node.pk).update(address=machine.address)
    if state in UNSEEN_NODE_STATES:
        transitions.move_node(node, NodeState.BOOTING, reason="Machine running.")
        cooldowns.note_success(cluster, node)
    elif state is NodeState.BOOTING and _boots_too_long(node, facts):
        transitions.move_node(
            node,
            NodeState.TERMINATING,
            cause=EndCause.START_FAILED,
            reason=f"Ray did not join within {duration(facts.boot_limit)}.",
        )


def _boots_too_long(node: Node, facts: DriverFacts) -> bool:
    return node.booted_at is not None and now() - node.booted_at > facts.boot_limit


def _remember_endpoints(cluster: Cluster, machines: Iterable[ObservedNode]) -> None:
    for machine in machines:
        ends = machine.endpoints
        if machine.role is not NodeRole.HEAD or ends is None:
            continue
        fields = {
            "gcs_address": ends.gcs_address,
            "dashboard_url": ends.dashboard_url,
            "client_address": ends.client_address,
            "jupyter_url": ends.jupyter_url,
        }
        if any(getattr(cluster.run, name) != value for name, value in fields.items()):
            Run.objects.filter(pk=cluster.run_id).update(**fields)
            for name, value in fields.items():
                setattr(cluster.run, name, value)


def _remove_unclaimed(
    cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, names: set[str]
) -> None:
    """A machine without a live row is a leak: an ended node's rest, or nobody's."""
    if names:  # rows that were written while we looked are no leaks
        rows = cluster.nodes.filter(name__in=names).exclude(state=NodeState.TERMINATED)
        names = names - set(rows.values_list("name", flat=True))
    if names:
        log.warning(
            "unclaimed machines removed", extra={"cluster": str(cluster.pk), "nodes": names}
        )
        driver.terminate(ref, sorted(names))
