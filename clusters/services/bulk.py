"""One operation on several clusters: each on its own, so that one refusal keeps no other back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from accounts.errors import NotAllowed, ServiceError
from accounts.models import User
from accounts.permissions import Action, Decision, may
from clusters.models import Cluster
from clusters.services import operating
from domain.lifecycle import LIVE_CLUSTER_STATES, ClusterState


class BulkOperation(StrEnum):
    STOP = "stop"
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of several clusters: those it was done to, and why not to the others."""

    done: Sequence[Cluster]
    refused: Sequence[tuple[Cluster, str]]


_CALLS: dict[BulkOperation, Callable[..., None]] = {
    BulkOperation.STOP: operating.stop_cluster,
    BulkOperation.TERMINATE: operating.terminate_cluster,
}
_ENDED = {ClusterState.TERMINATING, ClusterState.TERMINATED}


def may_operate_on(cluster: Cluster, operation: BulkOperation, *, user: User) -> Decision:
    """Return whether the operation can be done to the cluster now, by this user."""
    decision = may(user, Action.OPERATE, team=cluster.team)
    if not decision:
        return decision
    if operation is BulkOperation.STOP and cluster.state not in LIVE_CLUSTER_STATES:
        reason = f"It is {cluster.state}: only a running cluster can be stopped."
        return Decision(allowed=False, reason=reason)
    if operation is BulkOperation.TERMINATE and cluster.state in _ENDED:
        return Decision(allowed=False, reason=f"It is already {cluster.state}.")
    return decision


def operate_on_many(clusters: Iterable[Cluster], *, operation: BulkOperation, by: User) -> Outcome:
    """Stop or terminate each of the clusters; the outcome names those that were refused.

    Raises `NotAllowed` if the user may operate none of them.
    """
    clusters = list(clusters)
    rights = [may(by, Action.OPERATE, team=cluster.team) for cluster in clusters]
    if rights and not any(rights):
        raise NotAllowed(rights[0].reason)
    done, refused = [], []
    for cluster in clusters:
        decision = may_operate_on(cluster, operation, user=by)
        if not decision:
            refused.append((cluster, decision.reason))
            continue
        try:
            _CALLS[operation](cluster, by=by)
        except ServiceError as refusal:
            refused.append((cluster, " ".join(refusal.messages)))
        else:
            done.append(cluster)
    return Outcome(done=done, refused=refused)
