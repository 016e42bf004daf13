"""The traits of Kubernetes, where KubeRay's operator makes the pods."""

import re

from domain.catalogue.provider import ProviderMarks, ProviderTraits
from domain.configuration.effects import EffectRules
from domain.instance_settings import SettingsTable
from providers.kubernetes.pods import check_config, check_keys
from providers.kubernetes.schema import check_block
from providers.kubernetes.settings import settings

# KubeRay's operator applies only these to a RayCluster that runs; every other difference in the
# pod templates is ignored, or with `upgradeStrategy: Recreate` deletes all pods, the head included
# [KubeRay raycluster_types.go, util.go].
_LIVE = re.compile(
    r"worker_nodes\[[^\]]*\]\.(min_nodes|max_nodes)$|(min|max)_resources(\.|$)"
    r"|mobula\.(autoscaling|scaling|idle_minutes|max_lifetime_minutes|max_usd_per_hour"
    r"|max_nodes|upscaling_speed|environments)(\.|$)"
    # What Mobula follows itself; the operator has a group's idle time.
    r"|mobula\.groups\..*\.(warm_spare|on_demand_nodes|on_demand_percent|fallback_types"
    r"|consolidation)$"
    r"|.*\.spec\.(tolerations|schedulingGates)"
)

TRAITS = ProviderTraits(
    marks=ProviderMarks(name="Kubernetes", own_keys=frozenset({"metadata", "spec"})),
    can_be_added=True,
    pulls_images=True,
    has_default_rates=True,
    # The shapes that Anyscale's operator declares where nobody declares others.
    default_shapes=("2CPU-8GB", "4CPU-16GB", "8CPU-32GB", "8CPU-32GB-1xT4"),
    exact_sizes=True,
    # The operator makes pod names from the group's: DNS-1035, and room for its suffixes.
    group_name=re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?\Z"),
    longest_group_name=40,
    check_config=check_config,
    # The operator tells Ray the group, and nothing of the market or the place: there, the labels
    # of a group are all that Ray knows.
    labels_of_ray=frozenset({"ray.io/node-id", "ray.io/node-group"}),
    effects=EffectRules(
        live=_LIVE,
        recreate=re.compile(r""),
        why_recreate="KubeRay ignores this change on a running RayCluster, or deletes all of its "
        "pods, including the head: relaunch the cluster.",
    ),
    check_keys=check_keys,
    check_block=check_block,
    settings=SettingsTable(settings),
    example_block="spec:\n  hostNetwork: true",
)
