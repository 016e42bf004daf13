"""Every field of Anyscale's format, each with a value, for the tests that walk all of them."""

from typing import Any

HARDWARE: dict[str, Any] = {
    "CPU": 8, "memory": "32Gi", "GPU": 1, "accelerator": "L4", "TPU": 4, "tpu_hosts": 1,
    "cpu_architecture": "arm64",
}  # fmt: skip
DEPLOYMENT: dict[str, Any] = {
    "provider": "aws", "region": "us-west-2", "machine_pool": "reserved", "id": "dep-1",
}  # fmt: skip
NODE: dict[str, Any] = {
    "instance_type": "m5.4xlarge",
    "required_resources": HARDWARE,
    "resources": {
        "CPU": 4, "GPU": 1, "memory": 8589934592, "object_store_memory": 1073741824,
        "system_reserved_cpu_millicpu": 500, "system_reserved_memory_bytes": 268435456,
        "licence": 2,
    },
    "labels": {"stage": "train"},
    "required_labels": {"ray.io/accelerator-type": "L4", "ray.io/tpu-topology": "2x2"},
    "advanced_instance_config": {"SubnetId": "subnet-1"},
    "flags": {"replacement_threshold": "30m", "pricing_weight": 2},
    "cloud_deployment": DEPLOYMENT,
}  # fmt: skip
GROUP: dict[str, Any] = {
    **NODE, "name": "gpu", "min_nodes": 1, "max_nodes": 7, "market_type": "PREFER_SPOT",
}  # fmt: skip
FLAGS: dict[str, Any] = {
    "idle_termination_seconds": 90,
    "workload_starting_timeout": "1h30m",
    "workload_recovering_timeout": "20m",
    "zone_starting_timeout": "5m",
    "replacement_threshold": "45m",
    "instance_selection_strategy": "relaxed",
    "instance_ranking_strategy": [
        {"ranker_type": "price"},
        {
            "ranker_type": "custom_group_order",
            "ranker_config": {
                "enable_replacement": True,
                "group_order": [["gpu/spot"], ["gpu/on-demand"]],
            },
        },
    ],
    "disable_nfs_mount": True,
    "efa_config": {"device_count": 2, "placement_group": "pg", "security_group_id": "sg-1"},
    "disable_gpu_health_checks": True,
}
OLDER_FLAGS: dict[str, Any] = {
    "min_resources": {"CPU": 1}, "max_resources": {"CPU": 9}, "allow-cross-zone-autoscaling": True,
    "max-cpus": 64, "max-gpus": 2,
}  # fmt: skip
CLUSTER: dict[str, Any] = {
    "cloud": "research",
    "cloud_resource": "vm-west",
    "head_node": {"instance_type": "m5.2xlarge"},
    "worker_nodes": [{"instance_type": "m5.4xlarge"}],
    "min_resources": {"CPU": 4, "licence": 1.5},
    "max_resources": {"CPU": 64, "GPU": 2, "licence": 9},
    "zones": ["us-west-2a", "us-west-2b"],
    "enable_cross_zone_scaling": True,
    "advanced_instance_config": {"SubnetId": "subnet-1"},
    "flags": FLAGS,
    "auto_select_worker_config": True,
}

type Field = tuple[str, dict[str, Any], str]
"""A name, a document with just this field set, and the path of its value there."""


def fields() -> list[Field]:
    """Every field of sections 1.1, 1.2, 1.3 and 1.7."""
    found = [(key, {key: value}, key) for key, value in CLUSTER.items()]
    found += [(f"flags.{k}", {"flags": {k: v}}, f"flags.{k}") for k, v in FLAGS.items()]
    found += [(f"flags.{k}", {"flags": {k: v}}, f"flags.{k}") for k, v in OLDER_FLAGS.items()]
    for key, value in NODE.items():
        found.append((f"head_node.{key}", {"head_node": {key: value}}, f"head_node.{key}"))
    for key, value in GROUP.items():
        group = {"worker_nodes": [{key: value}]}
        found.append((f"group.{key}", group, f"worker_nodes.0.{key}"))
    for holder, values in (("required_resources", HARDWARE), ("cloud_deployment", DEPLOYMENT)):
        for key, value in values.items():
            group = {"worker_nodes": [{holder: {key: value}}]}
            found.append((f"{holder}.{key}", group, f"worker_nodes.0.{holder}.{key}"))
    for key, value in NODE["resources"].items():
        group = {"worker_nodes": [{"resources": {key: value}}]}
        found.append((f"resources.{key}", group, f"worker_nodes.0.resources.{key}"))
    for key, value in CLUSTER.items():
        found.append((f"configs.{key}", {"configs": [{key: value}]}, f"configs.0.{key}"))
    return found


def at(document: Any, path: str) -> Any:
    """The value that a dotted path leads to; None where there is none."""
    steps = path.split(".")
    for step in steps:
        if isinstance(document, list):
            document = document[int(step)] if int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document
