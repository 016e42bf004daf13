"""What consolidation found in a cluster, for its Scaling page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clusters.models import Cluster
from clusters.nodes.config import configuration_of
from clusters.scaling.consolidation.policy import weights
from clusters.scaling.consolidation.record import last_look
from domain.lifecycle import ConsolidationState

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsolidationView:
    """The proposal and its state in words, why other nodes stay, and how disruption is measured."""

    modes: list[tuple[str, str]]  # of each group of workers
    proposal: str
    state: str
    looked_at: datetime | None
    stays: list[str]
    more: int  # that stay, too
    weights: str


def consolidation_of(cluster: Cluster) -> ConsolidationView:
    """Return what the last look at the cluster found."""
    config, row = configuration_of(cluster), last_look(cluster)
    stays = list(row.stays.values()) if row else []
    modes = [(group.name, str(config.consolidation_of(group.name))) for group in config.groups]
    return ConsolidationView(
        modes=modes,
        proposal=row.proposal.get("sentence", "") if row else "",
        state=_STATES[ConsolidationState(row.state)] if row else "",
        looked_at=row.looked_at if row else None,
        stays=stays[:SHOWN],
        more=max(0, len(stays) - SHOWN),
        weights=str(weights()),
    )


_STATES = {
    ConsolidationState.NONE: "",
    ConsolidationState.FOUND: "Found. Checked again before anything changes.",
    ConsolidationState.CONFIRMED: "Confirmed: recommended, or about to start.",
    ConsolidationState.REPLACING: "Launching the replacement node.",
    ConsolidationState.DRAINING: "Draining its nodes.",
}
