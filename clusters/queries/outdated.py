"""What a page says of the nodes that run with settings of an earlier version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from clusters.models import Cluster, Node
from clusters.nodes.outdated import outdated_of
from domain.configuration.diff import sentence
from domain.lifecycle import NodeRole

SHOWN_CHANGES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedNodes:
    """The outdated workers of a cluster, and what would be different on new ones."""

    nodes: frozenset[str]
    workers: int
    lines: tuple[str, ...]

    @property
    def count_words(self) -> str:
        """How many nodes are outdated, as a sentence."""
        run = "runs" if len(self.nodes) == 1 else "run"
        nodes = "node" if self.workers == 1 else "nodes"
        return (
            f"{len(self.nodes)} of {self.workers} worker {nodes} {run} with the settings of an "
            "earlier version."
        )


def outdated_summary(cluster: Cluster, nodes: Iterable[Node]) -> OutdatedNodes:
    """Return which of the live nodes are outdated, and the changes, the most frequent first."""
    workers = [node for node in nodes if node.role == NodeRole.WORKER]
    outdated = outdated_of(cluster, workers)
    counts = Counter(sentence(change) for changes in outdated.values() for change in changes)
    lines = [text for text, _ in counts.most_common(SHOWN_CHANGES)]
    if (more := len(counts) - SHOWN_CHANGES) > 0:
        lines.append(f"{more} more change{'' if more == 1 else 's'}")
    return OutdatedNodes(nodes=frozenset(outdated), workers=len(workers), lines=tuple(lines))
