"""Keep what a provider has of its nodes' logs: it forgets it with the machine."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.timezone import now

from clusters.logs.nodes import Part, store
from clusters.models import Cluster, Node, NodeLogFile
from clusters.nodes.tokens import secrets_of
from domain.lifecycle import EndCause, NodeState
from providers.base import ClusterRef, ProviderDriver, ProviderError
from providers.node_logs import START_LOG, LogTail, NodeLogs

log = logging.getLogger(__name__)

MOST_A_PASS = 20  # nodes whose logs are read, the failed ones first


def keep_before_the_end(
    cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: Sequence[Node]
) -> None:
    """Store the logs of nodes that are about to be removed, once each."""
    if not isinstance(driver, NodeLogs):
        return
    files = NodeLogFile.objects.filter(node__in=nodes, name=START_LOG)
    seen = dict(files.values_list("node", "seen_at"))
    due = [node for node in nodes if node.pk not in seen or seen[node.pk] < _leaves_at(node)]
    due.sort(key=lambda node: not (node.end_cause and EndCause(node.end_cause).is_failure))
    _keep(cluster, driver, ref, due[:MOST_A_PASS])


def _leaves_at(node: Node) -> datetime:
    return node.terminating_at or node.requested_at


def keep_what_is_read(
    cluster: Cluster, driver: ProviderDriver, ref: ClusterRef, nodes: Sequence[Node]
) -> None:
    """Store what is new in the logs of nodes that somebody has open."""
    read = [node for node in nodes if node.logs_wanted_until and node.logs_wanted_until > now()]
    asked_for = [node for node in read if node.state != NodeState.REQUESTED]
    if asked_for and isinstance(driver, NodeLogs):
        _keep(cluster, driver, ref, asked_for[:MOST_A_PASS])


def _keep(cluster: Cluster, driver: NodeLogs, ref: ClusterRef, nodes: Iterable[Node]) -> None:
    for node in nodes:
        try:
            tails = driver.log_tails(ref, node.name)
        except ProviderError as error:
            # The node must be removed whether or not its log can be read.
            log.info("node log not read", extra={"node": node.name, "why": str(error)})
            return
        for tail in tails:
            store(node, _part(tail), secrets=secrets_of(cluster))


def _part(tail: LogTail) -> Part:
    size = tail.offset + len(tail.text.encode())
    return Part(
        file=tail.name, offset=tail.offset, text=tail.text, size=size, modified_at=tail.modified_at
    )
