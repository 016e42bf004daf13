"""What a change takes to reach a cluster that runs: nothing, new nodes, or a new cluster."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRules:
    """Which changes a running cluster follows, by their paths, and which its head does not."""

    live: re.Pattern[str] = _LIVE
    recreate: re.Pattern[str] = _RECREATE  # of those that are not live
    why_recreate: str = "The head must be replaced: relaunch the running cluster."


USUAL = EffectRules()
"""Where Mobula itself launches and ends the machines."""


def effect_of(path: str, rules: EffectRules) -> Effect:
    """What a change at that path takes on a running cluster."""
    if rules.live.match(path):
        return Effect.LIVE
    return Effect.RECREATE if rules.recreate.match(path) else Effect.NEW_NODES


def strongest(effects: Iterable[Effect]) -> Effect | None:
    """The effect that reaches furthest; None of none."""
    return max(effects, key=_ORDER.index, default=None)


def why_of(effect: Effect, rules: EffectRules) -> str:
    """What the effect means for whoever runs a cluster, in one sentence."""
    match effect:
        case Effect.LIVE:
            return "A running cluster can be updated without losing a node."
        case Effect.NEW_NODES:
            return "Running nodes do not change until they are replaced; new nodes use it."
        case Effect.RECREATE:
            return rules.why_recreate
