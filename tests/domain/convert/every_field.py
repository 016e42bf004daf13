"""Every field of Anyscale's format and of what we add to scale by, each with a value, for the
tests that walk all of them.
"""

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
SCHEDULE: dict[str, Any] = {
    "name": "office hours", "group": "gpu", "min_nodes": 4, "cron": "0 8 * * mon-fri",
    "minutes": 600, "time_zone": "Europe/Berlin",
}  # fmt: skip
WEEKLY: dict[str, Any] = {
    "group": "gpu", "min_nodes": 2, "days": ["mon", "sat"], "start": "08:00", "end": "18:00",
}  # fmt: skip
RULE: dict[str, Any] = {"name": "queue", "group": "gpu", "expression": "queue > 10 ? 4 : 0"}
BUDGET: dict[str, Any] = {
    "name": "nights", "nodes": "10%", "reasons": ["idle", "spot_return"], "cron": "0 22 * * *",
    "minutes": 480, "time_zone": "Europe/Berlin",
}  # fmt: skip
FORECAST: dict[str, Any] = {
    "mode": "forecast_and_scale", "quantile": 0.9, "max_error_percent": 25,
}  # fmt: skip
SCALING: dict[str, Any] = {
    "schedules": [SCHEDULE, WEEKLY], "forecast": FORECAST, "rules": [RULE], "budgets": [BUDGET],
    "objective": "steady", "consolidation": "act",
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "worker_idle_seconds": 90, "warm_spare": "10%", "on_demand_nodes": 2, "on_demand_percent": 20,
    "fallback_types": ["m5.8xlarge"], "consolidation": "off",
}  # fmt: skip

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


LIMITS = {"max_usd_per_hour": 2.5, "max_nodes": 30, "upscaling_speed": 1}


def own_fields() -> list[Field]:
    """Every field of `mobula.scaling`, of a group's own settings, and the cluster's limits."""
    found = []
    for key, value in LIMITS.items():
        found.append((f"mobula.{key}", {"mobula": {key: value}}, f"mobula.{key}"))
    for key, value in SCALING.items():
        path = f"mobula.scaling.{key}"
        found.append((path, {"mobula": {"scaling": {key: value}}}, path))
    for key, value in FORECAST.items():
        path = f"mobula.scaling.forecast.{key}"
        found.append((path, {"mobula": {"scaling": {"forecast": {key: value}}}}, path))
    lists = (
        ("schedules", SCHEDULE | WEEKLY), ("rules", RULE), ("budgets", BUDGET | WEEKLY),
    )  # fmt: skip
    for name, entry in lists:
        for key in entry.keys() - ({"group", "min_nodes"} if name == "budgets" else set()):
            document = {"mobula": {"scaling": {name: [{key: entry[key]}]}}}
            path = f"mobula.scaling.{name}"
            found.append((f"{path}.{key}", document, f"{path}.0.{key}"))
    for key, value in SETTINGS.items():
        path = f"mobula.groups.gpu.{key}"
        found.append((path, {"mobula": {"groups": {"gpu": {key: value}}}}, path))
    return sorted(found, key=lambda one: one[0])


def at(document: Any, path: str) -> Any:
    """The value that a dotted path leads to; None where there is none."""
    steps = path.split(".")
    for step in steps:
        if isinstance(document, list):
            document = document[int(step)] if int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document
