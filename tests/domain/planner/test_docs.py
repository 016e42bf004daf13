"""The examples on docs/scaling.md are what the product does."""

import json
import re
from pathlib import Path

from domain.demand import Strategy, demand_from_report

PAGE = (Path(__file__).parents[3] / "docs" / "scaling.md").read_text()


def test_the_example_of_a_demand_can_be_read() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    demand = demand_from_report(json.loads(example))
    assert demand.shapes
    assert demand.gangs
    assert demand.standing_requests


def test_each_strategy_is_explained() -> None:
    assert all(f"`{strategy}`" in PAGE for strategy in Strategy)
