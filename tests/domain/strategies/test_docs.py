"""docs/strategies.md names all that a rule may say, and its example is a configuration."""

from pathlib import Path

import pytest

from domain.strategies.expression import LONGEST, VARIABLES, check
from domain.strategies.functions import FUNCTIONS, METHODS, MOST_OPERATIONS
from domain.strategies.schedule import window_of
from domain.yaml.text import parse

PAGE = (Path(__file__).parents[3] / "docs" / "strategies.md").read_text()


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_has_its_line(name: str) -> None:
    assert f"\n| `{name}` | " in PAGE


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS])
def test_every_function_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_longest_rule_is_named() -> None:
    assert f"{LONGEST} characters at most and {MOST_OPERATIONS} operations" in PAGE


def test_the_example_is_understood() -> None:
    block = PAGE.split("```yaml\n")[1].split("```")[0]
    config = parse(block).draft
    assert config is not None
    scaling = config.mobula.scaling
    assert [window_of(one).zone.key for one in scaling.schedules] == ["Europe/Berlin", "UTC"]
    assert scaling.forecast.mode == "forecast_and_scale"
    for rule in scaling.rules:
        check(rule.expression)
