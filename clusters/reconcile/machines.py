"""Ask a provider for the machines that the rows say, and answer what it refuses, each by itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.timezone import now

from clouds.access import may_use, taken_away
from clusters.leases import renew
from clusters.models import Cluster, Node
from clusters.nodes import drain, join_tokens
from clusters.nodes.driver_refs import specification
from clusters.reconcile import node_logs, observe, zones
from clusters.scaling import cooldowns
from clusters.transitions import move_node
from domain.cooldowns import FailureClass
from domain.lifecycle import UNSEEN_NODE_STATES, EndCause, NodeRole, NodeState
from providers.base import (
    ClusterRef,
    LaunchFailed,
    ProviderDriver,
    ProviderError,
)


def carry_out(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]) -> None:
    """Ask the provider for what the rows say: drained nodes away, requested ones started."""
    for node in nodes:
        _end_drain(cluster, node)
    _withdraw(cluster, nodes)
    remove(cluster, driver, ref, nodes)
    waiting = [n for n in nodes if n.state in UNSEEN_NODE_STATES]
    for node in waiting:
        if node.state == NodeState.REQUESTED:
            move_node(node, NodeState.LAUNCHING, reason="Requested from provider.")
    if waiting:
        renew(cluster)
        launch(cluster, driver, ref, waiting)


def _withdraw(cluster: Cluster, nodes: list[Node]) -> None:
    """End what has not been requested yet from a cloud that the team can no longer use."""
    requested = [node for node in nodes if node.state == NodeState.REQUESTED]
    if not requested or may_use(cluster.cloud, team=cluster.team):
        return
    reason = taken_away(cluster.cloud, team=cluster.team)
    for node in requested:
        move_node(node, NodeState.TERMINATING, reason=reason, cause=EndCause.START_FAILED)


def _end_drain(cluster: Cluster, node: Node) -> None:
    if node.state != NodeState.DRAINING:
        return
    if node.drain_deadline is None:
        drain.keep_if_unanswered(cluster, node)
    elif node.drain_deadline < now():
        move_node(node, NodeState.TERMINATING, reason="Drain deadline passed.")


def remove(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]) -> None:
    """Have the provider remove those of the nodes that are terminating."""
    going = [node for node in nodes if node.state == NodeState.TERMINATING]
    if going:
        renew(cluster)
        node_logs.keep_before_the_end(cluster, driver, ref, going)
        driver.terminate(ref, [node.name for node in going])


def launch(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]) -> None:
    """Ask for the nodes. A refused worker ends and its failure is answered; the others go on.

    Raises what only wants patience, and what the head met: that one is asked for again.
    """
    errors = _refusals(driver, ref, nodes)
    # What the provider lists nevertheless was not refused.
    for node in observe.observe(cluster, driver, ref):
        if node.name in errors and node.state == NodeState.LAUNCHING:
            _answer(cluster, node, errors[node.name])
            if node.state == NodeState.TERMINATING:  # bars its name: it must not start late
                driver.terminate(ref, [node.name])
    by_name = {node.name: node for node in nodes}
    for name, error in errors.items():
        patient = error.failure_class is FailureClass.TRANSIENT
        if patient or by_name[name].role == NodeRole.HEAD:
            raise error


def _refusals(
    driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]
) -> Mapping[str, ProviderError]:
    """Return why each node was refused, by its name."""
    try:
        tokens = join_tokens.issue(nodes) if driver.facts.nodes_join else {}
        specs = [specification(node, join_token=tokens.get(node.name, "")) for node in nodes]
        driver.launch(ref, specs)
    except LaunchFailed as failed:
        return {failure.name: failure.error for failure in failed.failures}
    except ProviderError as error:
        if error.failure_class is FailureClass.TRANSIENT:
            raise
        return {node.name: error for node in nodes}
    return {}


@transaction.atomic
def _answer(cluster: Cluster, node: Node, error: ProviderError) -> None:
    failure, cause = error.failure_class, str(error)
    if failure is FailureClass.TRANSIENT:
        return
    if node.role == NodeRole.HEAD:
        if failure in {FailureClass.CAPACITY, FailureClass.QUOTA}:
            cooldowns.note_failure(cluster, node, failure=failure, cause=cause)
        if failure is FailureClass.CAPACITY and node.zone and zones.has_other(cluster, node):
            move_node(node, NodeState.TERMINATING, reason=cause, cause=EndCause.START_FAILED)
        return  # the caller raises it: there is no cluster without a head
    cooldowns.note_failure(cluster, node, failure=failure, cause=cause)
    move_node(node, NodeState.TERMINATING, reason=cause, cause=EndCause.START_FAILED)
