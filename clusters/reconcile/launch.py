"""Ask a provider for nodes, and answer what it refuses, each node by itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from clusters.models import Cluster, Node
from clusters.nodes.driver_refs import specification
from clusters.reconcile import observe
from clusters.scaling import cooldowns
from clusters.transitions import move_node
from domain.cooldowns import FailureClass
from domain.lifecycle import EndCause, NodeRole, NodeState
from providers.base import (
    ClusterRef,
    LaunchFailed,
    ProviderDriver,
    ProviderError,
)


def launch(cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]) -> None:
    """Ask for the nodes. A refused worker ends and its failure is answered; the others go on.

    Raises what only wants patience, and what the head met: that one is asked for again.
    """
    errors = _asked(driver, ref, nodes)
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


def _asked(
    driver: ProviderDriver, ref: ClusterRef, nodes: list[Node]
) -> Mapping[str, ProviderError]:
    """Return why each node was refused, by its name."""
    try:
        driver.launch(ref, [specification(node) for node in nodes])
    except LaunchFailed as failed:
        return {one.name: one.error for one in failed.failures}
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
        return  # the caller raises it: there is no cluster without a head
    cooldowns.note_failure(cluster, node, failure=failure, cause=cause)
    move_node(node, NodeState.TERMINATING, reason=cause, cause=EndCause.START_FAILED)
