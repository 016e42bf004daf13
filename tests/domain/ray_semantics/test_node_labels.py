"""The labels that work may select nodes by: a configuration's own replace Ray's."""

from __future__ import annotations

import pytest

from domain.catalogue.region import ANYWHERE
from domain.demand import Demand, Shape
from domain.demand.model import LabelSelector, Operator
from domain.planner import Plan, plan
from domain.planner.request.from_spec import request_from_spec
from domain.yaml.text import parse

HARDWARE = "required_resources: {CPU: 4, memory: 16Gi}, max_nodes: 5"
MARKET = "ray.io/market-type"


def planned(group: str, **selected: str) -> Plan:
    config = parse(
        "head_node: {required_resources: {CPU: 2, memory: 8Gi}, resources: {CPU: 0}}\n"
        f"worker_nodes: [{{name: cpu, {HARDWARE}, {group}}}]\n"
    ).config
    assert config is not None
    selectors = tuple(
        LabelSelector(key=f"ray.io/{key.replace('_', '-')}", operator=Operator.IN, values=(value,))
        for key, value in selected.items()
    )
    work = Shape(resources={"CPU": 4}, count=2, selectors=selectors)
    request = request_from_spec(config, demand=Demand(shapes=(work,)), target=ANYWHERE)
    return plan(request)


@pytest.mark.parametrize(("market", "word"), [("SPOT", "spot"), ("ON_DEMAND", "on-demand")])
@pytest.mark.parametrize("labelled", [True, False])
def test_a_group_answers_to_its_market(market: str, word: str, labelled: bool) -> None:
    labels = f"labels: {{{MARKET}: {word}}}, " if labelled else ""
    assert planned(f"{labels}market_type: {market}", market_type=word).launches


def test_a_label_of_the_group_replaces_the_market_that_ray_would_say() -> None:
    group = f"labels: {{{MARKET}: spot}}"
    assert planned(group, market_type="spot").launches
    assert not planned(group, market_type="on-demand").launches


def test_a_group_always_answers_to_its_name() -> None:
    assert planned("labels: {ray.io/node-group: other}", node_group="cpu").launches
