"""A configuration of fifty groups, as large as teams write them, for the benchmarks."""

from __future__ import annotations

GROUPS = 50
TYPES = ("m5.4xlarge", "c6i.8xlarge", "r6i.2xlarge", "g5.4xlarge", "g6.12xlarge", "m7i.8xlarge")
MARKETS = ("ON_DEMAND", "SPOT", "PREFER_SPOT")


def text(*, cloud: str, groups: int = GROUPS) -> str:
    """Return the configuration as YAML, comments included; `groups` makes it smaller."""
    order = ", ".join(f"group-{number}" for number in range(groups))
    return f"""\
# Fifty groups of six machine types.
cloud: {cloud}
head_node:
  instance_type: m5.2xlarge  # takes no work
worker_nodes:
{"".join(_group(number) for number in range(groups))}\
min_resources: {{CPU: 64}}
max_resources: {{CPU: 4000, GPU: 64}}
zones: [us-east-1a, us-east-1b, us-east-1c]
enable_cross_zone_scaling: true
advanced_instance_config:
  BlockDeviceMappings:
    - DeviceName: /dev/sda1
      Ebs: {{VolumeSize: 500, VolumeType: gp3, DeleteOnTermination: true}}
flags:
  replacement_threshold: 30m
  instance_ranking_strategy:
    - ranker_type: custom_group_order
      ranker_config:
        group_order: [[{order}]]
mobula:
  idle_minutes: 30
"""


def _group(number: int) -> str:
    return f"""\
  - name: group-{number}
    instance_type: {TYPES[number % len(TYPES)]}
    min_nodes: {1 if number % 10 == 0 else 0}
    max_nodes: {4 + number % 7}
    market_type: {MARKETS[number % 3] if number % 10 else "ON_DEMAND"}
    labels: {{stage: stage-{number % 5}, tier: tier-{number % 3}}}
    resources: {{slots: {1 + number % 4}}}
"""
