"""The nodes of which the tests render user data, one for each variation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.aws.machines.inside import machines
from providers.bootstrap.node import BootNode, Registry

DIGEST = "sha256:" + "5e" * 32
HEAD = BootNode(
    url="https://mobula.example.org",
    join_token="a1" * 32,
    role=NodeRole.HEAD,
    group="head",
    image=f"rayproject/ray@{DIGEST}",
    ray_version="2.60.0",
    resources={"CPU": 0.0, "memory": 8 * 2.0**30, "object_store_memory": 2.0 * 2**30},
    machines=machines(),
)
WORKER = replace(
    HEAD,
    role=NodeRole.WORKER,
    group="cpu",
    resources={"CPU": 16.0, "fast disk": 1.0},
    labels={"ray.io/market-type": "on-demand", "team": "research"},
)
VARIATIONS = {
    "head": HEAD,
    "worker": WORKER,
    "worker-spot-gpu-ecr": replace(
        WORKER,
        group="gpu",
        market=Market.SPOT,
        image=f"123456789012.dkr.ecr.us-west-2.amazonaws.com/team/ray@{DIGEST}",
        registry=Registry.ECR,
        has_gpu=True,
        resources={"CPU": 8.0, "GPU": 1.0},
    ),
    "worker-private-registry": replace(
        WORKER, image=f"registry.example.org/team/ray@{DIGEST}", registry=Registry.MOBULA
    ),
    "worker-old-ray": replace(WORKER, ray_version="2.9.3", labels={"team": "research"}),
    "worker-short-life": replace(
        WORKER, lifetime=timedelta(hours=8), silence=timedelta(minutes=90)
    ),
}
