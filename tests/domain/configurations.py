"""Configurations, valid and arbitrary, for the tests that hold for all of them."""

import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from domain.configuration.spec import ComputeConfig
from domain.quantities import LARGEST

# `MOBULA_MUTATIONS=10000 pytest tests/domain` tries as many; a busy machine fails no test.
EXAMPLES = settings(max_examples=int(os.environ.get("MOBULA_MUTATIONS", "40")), deadline=None)

GPU_WITH_FALLBACK = """\
# Spot GPUs first, with a fallback.
cloud: research
zones: [zone-a, zone-b]
enable_cross_zone_scaling: true
head_node:
  instance_type: m5.2xlarge   # the smallest that will do
worker_nodes:
  - name: preprocess
    instance_type: m5.4xlarge
    min_nodes: 1
    max_nodes: 8
    market_type: PREFER_SPOT
    labels:
      stage: preprocess
  # The expensive ones.
  - name: train
    instance_type: g5.2xlarge
    max_nodes: 8
    market_type: PREFER_SPOT
    resources: {CPU: 8, GPU: 1, licence: 1}
    flags: {replacement_threshold: 30m}
    advanced_instance_config:
      BlockDeviceMappings:
        - DeviceName: /dev/sda1
          Ebs: {VolumeSize: 300, DeleteOnTermination: true}
  - required_resources: {CPU: 8, memory: 32Gi}
    required_labels: {}
min_resources: {CPU: 16}
max_resources: {CPU: 256, GPU: 8}
flags:
  instance_ranking_strategy:
    - ranker_type: custom_group_order
      ranker_config:
        group_order: [[train/spot], [train/on-demand, preprocess, FP-8CPU-32GB]]
mobula:
  image: ray-ml:3
  idle_minutes: 20
"""

SCALED = """\
head_node: {instance_type: small}
worker_nodes:
  - {name: cpu, instance_type: small, max_nodes: 20, market_type: SPOT}
mobula:
  scaling:
    schedules:
      - {name: office, group: cpu, min_nodes: 4, cron: 0 8 * * mon-fri, minutes: 600}
      - {group: cpu, min_nodes: 1, days: [sat, sun], start: "10:00", end: "16:00"}
    forecast: {mode: forecast_and_scale, quantile: 0.9, max_error_percent: 25}
    rules:
      - {name: queue, group: cpu, expression: "queue > 100 && pending.CPU > 8 ? max(8, nodes) : 0"}
    budgets:
      - {nodes: 10%}
      - {nodes: 0, reasons: [consolidation], cron: 0 22 * * *, minutes: 480, time_zone: Asia/Tokyo}
    objective: steady
    consolidation: act
  groups:
    cpu: {warm_spare: 10%, on_demand_nodes: 2, on_demand_percent: 20, fallback_types: [large]}
"""

_texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32)]),
    max_size=12,
) | st.sampled_from(
    ["yes", "no", "null", "~", "<<", "=", "1", "1.0", "1e3", "0x1f", "017", "2026-01-31", "1:30",
     "1_000", "true", "- a", "a: b", "#", "*a", "&a", "!a", "a\nb", " a ", "\ta", ".inf", "%", "?",
     "@", "`", "|", ">", "{", "\u0085", "\u2028", "\ufeff", "\x7f", "\U0001f600", "a #b", "'", '"'],
)  # fmt: skip
_amounts = st.dictionaries(
    st.sampled_from(["CPU", "GPU", "memory", "licence"]),
    st.integers(min_value=0, max_value=10**6) | st.floats(min_value=0, max_value=100),
    max_size=3,
)
_numbers = st.integers(-LARGEST, LARGEST) | st.floats(allow_nan=False, allow_infinity=False)
_anything = st.dictionaries(
    _texts,
    st.recursive(
        st.none() | st.booleans() | _numbers | _texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=2,
)
_hardware = st.fixed_dictionaries(
    {"CPU": st.integers(0, 64), "memory": st.integers(0, 2**40)},
    optional={"GPU": st.integers(0, 8), "cpu_architecture": st.sampled_from(["x86_64", "arm64"])},
)
_deployment = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("provider", "region", "machine_pool", "id"), _texts)
)
_node = {
    "resources": _amounts,
    "required_labels": st.dictionaries(_texts, _texts, max_size=2),
    "cloud_deployment": _deployment,
    "labels": st.dictionaries(_texts, _texts, max_size=2),
    "advanced_instance_config": _anything,
    "flags": _anything,
}
_machine = st.fixed_dictionaries({"instance_type": _texts}) | st.fixed_dictionaries(
    {"required_resources": _hardware}
)
_group = st.builds(
    lambda machine, rest: {**machine, **rest},
    _machine,
    st.fixed_dictionaries(
        {},
        optional={
            **_node,
            "name": _texts,
            "min_nodes": st.integers(0, 20),
            "max_nodes": st.integers(1, 20),
            "market_type": st.sampled_from(["ON_DEMAND", "SPOT", "PREFER_SPOT"]),
        },
    ),
)
_head = st.builds(
    lambda machine, rest: {**machine, **rest},
    _machine,
    st.fixed_dictionaries({}, optional=_node),
)
_nodes_or_percent = st.integers(0, 20) | st.integers(0, 100).map(lambda n: f"{n}%")
_consolidation = st.sampled_from(["off", "recommend", "act"])
_window = {
    "cron": _texts | st.sampled_from(["0 8 * * mon-fri", "*/5 * * * *"]),
    "minutes": st.none() | st.integers(1, 10_000),
    "days": st.lists(st.sampled_from(["mon", "wed", "sun"]), max_size=2),
    "start": _texts | st.just("08:00"),
    "end": _texts | st.just("18:00"),
    "time_zone": _texts | st.sampled_from(["UTC", "Europe/Berlin"]),
    "name": _texts,
}
_schedule = {**_window, "group": _texts, "min_nodes": st.integers(0, 20)}
_reasons = st.lists(st.sampled_from(["idle", "consolidation", "spot_return"]), max_size=2)
_budget = {**_window, "nodes": _nodes_or_percent, "reasons": _reasons}
_forecast = {
    "mode": st.sampled_from(["off", "forecast_only", "forecast_and_scale"]),
    "quantile": st.floats(0.01, 0.99),
    "max_error_percent": st.integers(0, 1000) | st.floats(0, 1000),
}
_rule = {"group": _texts, "expression": _texts, "name": _texts}
_scaling = {
    "schedules": st.lists(st.fixed_dictionaries({}, optional=_schedule), max_size=2),
    "rules": st.lists(st.fixed_dictionaries({}, optional=_rule), max_size=2),
    "budgets": st.lists(st.fixed_dictionaries({}, optional=_budget), max_size=2),
    "forecast": st.fixed_dictionaries({}, optional=_forecast),
    "objective": st.sampled_from(["cost", "speed", "steady"]),
    "consolidation": _consolidation,
}
_group_settings = st.fixed_dictionaries(
    {},
    optional={
        "worker_idle_seconds": st.none() | st.integers(0, 10_000),
        "warm_spare": _nodes_or_percent,
        "on_demand_nodes": st.integers(0, 20),
        "on_demand_percent": st.integers(0, 100),
        "fallback_types": st.lists(_texts, max_size=2),
        "consolidation": st.none() | _consolidation,
    },
)
_mount = st.fixed_dictionaries(
    {"storage": _texts, "path": _texts}, optional={"access": st.sampled_from(["read", "write"])}
)
_minutes = st.none() | st.integers(0, 10_000)
_mobula = st.fixed_dictionaries(
    {},
    optional={
        "image": _texts,
        "autoscaling": st.booleans(),
        "idle_minutes": _minutes,
        "max_lifetime_minutes": _minutes,
        "worker_idle_seconds": st.integers(0, 10_000),
        "scaling": st.fixed_dictionaries({}, optional=_scaling),
        "max_usd_per_hour": st.none() | st.integers(0, 1000) | st.floats(0, 1000),
        "merge_instance_config": st.booleans(),
        "allow_burstable": st.booleans(),
        "groups": st.dictionaries(_texts, _group_settings, max_size=2),
        "mounts": st.lists(_mount, max_size=2),
        "environments": st.dictionaries(st.sampled_from(["dev", "prod"]), _anything, max_size=2),
    },
)
_resource: dict[str, st.SearchStrategy[Any]] = {
    "cloud_resource": _texts,
    "head_node": _head,
    "worker_nodes": st.lists(_group, max_size=3),
    "min_resources": _amounts,
    "max_resources": _amounts,
    "zones": st.lists(_texts, max_size=3),
    "enable_cross_zone_scaling": st.booleans(),
    "auto_select_worker_config": st.booleans(),
    "advanced_instance_config": _anything,
}
_shared = {"cloud": _texts, "flags": _anything, "mobula": _mobula}
one_resource: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={**_shared, **_resource}
)
several_resources: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "configs": st.lists(
            st.fixed_dictionaries({}, optional={**_resource, "flags": _anything}),
            min_size=1,
            max_size=3,
        )
    },
    optional=_shared,
)
mappings = one_resource | several_resources
configurations = mappings.map(ComputeConfig.model_validate)
