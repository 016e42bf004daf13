"""What comes close to a mistake and is none: each code stays silent where it should."""

import pytest

from domain.validation import check_text
from tests.domain.machines import BY_NAME

HEAD = "head_node: {instance_type: m5.2xlarge}\n"
LONE = f"{HEAD}worker_nodes: []\n"
GROUP = f"{HEAD}worker_nodes: [{{name: cpu, instance_type: m5.4xlarge, EXTRA}}]\n"
HARDWARE = "head_node: {required_resources: {CPU: 8, memory: 32Gi, EXTRA}}\nworker_nodes: []\n"


def group(extra: str) -> str:
    return GROUP.replace("EXTRA", extra)


def hardware(extra: str) -> str:
    return HARDWARE.replace("EXTRA", extra)


def ours(block: str) -> str:
    return f"{LONE}mobula: {block}\n"


def ranked(order: str, extra: str = "market_type: PREFER_SPOT") -> str:
    flags = f"[{{ranker_type: custom_group_order, ranker_config: {{group_order: {order}}}}}]"
    return f"{group(extra)}flags: {{instance_ranking_strategy: {flags}}}\n"


CASES = [
    ("head-small", "AWS", LONE.replace("m5.2xlarge", "m5.large")),  # a lone head may be small
    ("head-small", "this machine", "head_node: {instance_type: 8CPU-32GB}\nworker_nodes: []\n"),
    ("burstable-type", "AWS", LONE),
    ("head-with-gpu", "", LONE.replace("m5.2xlarge", "g5.2xlarge")),
    ("mixed-architectures", "AWS", group("max_nodes: 2")),
    ("type-of-other-provider", "AWS", LONE),
    ("type-of-other-provider", "Kubernetes", LONE.replace("m5.2xlarge", "8CPU-32GB-1xT4")),
    ("only-larger-types", "", hardware("GPU: 0")),
    ("resource-in-bytes", "", group("resources: {memory: 8589934592}")),
    ("resource-set-by-ray", "", group("resources: {accelerator_slots: 1}")),
    ("resource-set-by-ray", "", group('resources: {"accelerator_type:A10G": 1}')),
    ("accelerator-not-on-machine", "", hardware("GPU: 1, accelerator: L4")),
    ("object-store-too-large", "", group("resources: {object_store_memory: 8589934592}")),
    ("object-store-too-large", "AWS", group("resources: {object_store_memory: 17179869184}")),
    ("reservation-too-large", "", group("resources: {system_reserved_cpu_millicpu: 1000}")),
    ("gpus-hidden", "", group("resources: {GPU: 0}")),
    ("group-offers-nothing", "", group("resources: {CPU: 0, GPU: 0, slots: 1}")),
    ("label-set-by-ray", "", group("labels: {ray.io/stage: train}")),
    ("label-letter-case", "", group("labels: {team.io/Accelerator-Type: a}")),
    ("unknown-accelerator", "", hardware("GPU: 1, accelerator: A10G")),
    ("accelerators-differ", "", hardware("GPU: 1, accelerator: L4")),
    ("tpu-incomplete", "", hardware("GPU: 1, accelerator: L4")),
    ("group-name-reserved", "", group("max_nodes: 2").replace("name: cpu", "name: headless")),
    ("group-name-for-pods", "AWS", group("max_nodes: 2").replace("name: cpu", "name: CPU_1")),
    ("group-name-for-pods", "Kubernetes", group("max_nodes: 2")),
    ("many-nodes", "", f"{group('max_nodes: 5000')}max_resources: {{CPU: 100}}\n"),
    ("many-nodes", "", f"{group('max_nodes: 5000')}mobula: {{max_usd_per_hour: 9}}\n"),
    ("many-nodes", "", f"{group('max_nodes: 5000')}mobula: {{max_nodes: 100}}\n"),
    (
        "cluster-maximum-below-minimums",
        "",
        f"{group('min_nodes: 3, max_nodes: 5')}mobula: {{max_nodes: 3}}\n",
    ),
    ("spot-minimum", "", group("min_nodes: 1, market_type: PREFER_SPOT")),
    ("spot-minimum", "", group("market_type: SPOT")),
    ("no-spot-for-type", "AWS", group("market_type: SPOT")),
    (
        "threshold-without-fallback",
        "",
        group("market_type: PREFER_SPOT, flags: {replacement_threshold: 5m}"),
    ),
    ("all-groups-spot", "", group("market_type: SPOT")),
    ("unknown-zone", "AWS", f"{LONE}zones: [us-west-2a]\n"),
    ("zone-of-other-region", "Google Cloud", f"{LONE}zones: [us-central1-c]\n"),
    ("no-zones-here", "Kubernetes", f"{LONE}zones: [us-central1-c]\n"),
    ("type-not-in-zones", "AWS", f"{group('max_nodes: 2')}zones: [us-west-2b]\n"),
    ("cross-zone-in-one-zone", "", f"{LONE}zones: [a, b]\nenable_cross_zone_scaling: true\n"),
    ("cross-zone-in-one-zone", "", f"{LONE}enable_cross_zone_scaling: true\n"),
    ("cross-zone-placement", "", f"{LONE}flags: {{efa_config: {{}}}}\n"),
    ("flag-elsewhere", "", f"{LONE}flags: {{replacement_threshold: 5m}}\n"),
    ("bad-flag", "", f"{LONE}flags: {{idle_termination_seconds: 60, efa_config: {{}}}}\n"),
    ("bad-flag", "", group("flags: {pricing_weight: 1.5}")),
    ("unknown-strategy", "", f"{LONE}flags: {{instance_selection_strategy: relaxed}}\n"),
    ("flag-differs", "", f"{LONE}max_resources: {{CPU: 9}}\nflags: {{max-cpus: 9}}\n"),
    ("ranking-form", "", f"{LONE}flags: {{instance_ranking_strategy: [{{ranker_type: price}}]}}\n"),
    ("ranking-unknown-group", "", ranked("[[cpu/spot], cpu/on-demand]")),
    ("ranking-market", "", ranked("[cpu/on-demand, cpu/spot]")),
    ("ranking-market-unused", "", ranked("[cpu/on-demand]", "market_type: ON_DEMAND")),
    ("group-not-ranked", "", ranked("[[cpu]]")),
    ("block-of-other-provider", "AWS", f"{LONE}advanced_instance_config: {{SubnetId: s}}\n"),
    (
        "block-replaces",
        "",
        (
            f"{group('advanced_instance_config: {KeyName: a}')}"
            "advanced_instance_config: {KeyName: b}\n"
        ),
    ),
    (
        "block-replaces",
        "",
        (
            f"{group('advanced_instance_config: {KeyName: a}')}"
            "advanced_instance_config: {SubnetId: b}\nmobula: {merge_instance_config: true}\n"
        ),
    ),
    ("mount-path", "", ours("{mounts: [{storage: a, path: /mnt/a}]}")),
    ("mount-over-system", "", ours("{mounts: [{storage: a, path: /variety}]}")),
    (
        "mount-inside-mount",
        "",
        ours("{mounts: [{storage: a, path: /m/a}, {storage: b, path: /m/ab}]}"),
    ),
    ("settings-of-no-group", "", f"{group('max_nodes: 2')}mobula: {{groups: {{cpu: {{}}}}}}\n"),
    ("environment-name", "", ours("{environments: {Prod_eu-1: {}}}")),
    ("environment-invalid", "", ours("{environments: {prod: {zones: [a]}}}")),
    ("cap-below-minimum", "AWS", ours("{max_usd_per_hour: 0.5}")),
    ("cap-without-prices", "AWS", ours("{max_usd_per_hour: 0.5}")),
]


@pytest.mark.parametrize(("code", "where", "text"), CASES)
def test_near_miss_is_no_mistake(code: str, where: str, text: str) -> None:
    found = check_text(text, target=BY_NAME[where])
    assert code not in {problem.code for problem in found}
    assert not any(problem.code in {"unknown-key", "syntax"} for problem in found)
