"""What a change takes to reach a cluster that runs: nothing, new nodes, or a new cluster."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from domain.offerings import ProviderKind


class Effect(StrEnum):
    """How far a change reaches into a running cluster, the weakest first."""

    LIVE = "live"
    NEW_NODES = "new nodes"
    RECREATE = "recreate"


_ORDER = list(Effect)

_LIVE = re.compile(
    r"worker_nodes(\[[^\]]*\](\.(min_nodes|max_nodes))?)?$"
    r"|(min|max)_resources(\.|$)|auto_select_worker_config$"
    r"|mobula\.(autoscaling|scaling|idle_minutes|max_lifetime_minutes|worker_idle_seconds"
    r"|max_usd_per_hour|groups|environments)(\.|$)"
    r"|flags\.(idle_termination_seconds|replacement_threshold|instance_ranking_strategy"
    r"|instance_selection_strategy|workload_\w+|zone_starting_timeout|max-cpus|max-gpus)"
    r"|worker_nodes\[[^\]]*\]\.flags\.(replacement_threshold|pricing_weight)"
)
_RECREATE = re.compile(r"head_node(\.|$)|cloud$|cloud_resource$|configs(\[|$)|mobula\.image$")

# KubeRay's operator applies only these to a RayCluster that runs; every other difference in the
# pod templates is ignored, or with `upgradeStrategy: Recreate` deletes all pods, the head included
# [KubeRay raycluster_types.go, util.go].
_KUBERAY_LIVE = re.compile(
    r"worker_nodes\[[^\]]*\]\.(min_nodes|max_nodes)$|(min|max)_resources(\.|$)"
    r"|mobula\.(autoscaling|scaling|idle_minutes|max_lifetime_minutes|max_usd_per_hour"
    r"|environments)(\.|$)"
    # What Mobula follows itself; the operator has a group's idle time.
    r"|mobula\.groups\..*\.(warm_spare|on_demand_nodes|on_demand_percent|fallback_types"
    r"|consolidation)$"
    r"|.*\.spec\.(tolerations|schedulingGates)"
)


def effect_of(path: str, provider: ProviderKind | None) -> Effect:
    """What a change at that path takes on a cluster of that provider."""
    if provider is ProviderKind.KUBERNETES:
        return Effect.LIVE if _KUBERAY_LIVE.match(path) else Effect.RECREATE
    if _LIVE.match(path):
        return Effect.LIVE
    return Effect.RECREATE if _RECREATE.match(path) else Effect.NEW_NODES


def strongest(effects: Iterable[Effect]) -> Effect | None:
    """The effect that reaches furthest; None of none."""
    return max(effects, key=_ORDER.index, default=None)


_WHY: Mapping[Effect, str] = {
    Effect.LIVE: "A running cluster can follow without losing a node.",
    Effect.NEW_NODES: "Nodes that run stay as they are; only nodes launched later follow.",
    Effect.RECREATE: "The head must be replaced: a running cluster has to be launched anew.",
}


def why_of(effect: Effect, provider: ProviderKind | None) -> str:
    """What the effect means for whoever runs a cluster, in one sentence."""
    if provider is ProviderKind.KUBERNETES and effect is Effect.RECREATE:
        return (
            "KubeRay ignores this change on a running RayCluster, or deletes all of its pods, "
            "the head included: the cluster has to be launched anew."
        )
    return _WHY[effect]
