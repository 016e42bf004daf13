"""docs/simulation.md: its configurations are valid, its commands understood, its tables ours."""

import re
import shlex
from pathlib import Path

import pytest

from domain.simulation.synthetic import WORKLOADS
from domain.simulation.variants import Variant, base_of
from domain.yaml.text import parse
from mobula.cli import parser
from mobula.commands import simulate
from mobula.commands.targets import target_of_options

PAGE = (Path(__file__).parents[3] / "docs" / "simulation.md").read_text()
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [
    command
    for command in re.findall(r"^mobula (simulate \S+ --provider .*)$", PAGE, re.MULTILINE)
    if "cluster.yaml" not in command  # the reader's own
]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_can_be_given_on_a_configuration_of_the_page(command: str) -> None:
    arguments = parser().parse_args(shlex.split(command))
    config = parse(FILES[arguments.file]).config
    assert config is not None
    assert base_of(config, target_of_options(arguments)).groups


def test_there_is_a_table_for_each_command_with_the_columns_that_are_printed() -> None:
    assert len(COMMANDS) == PAGE.count("| policy ") == 4
    head = simulate.table([]).splitlines()[0].split("|")
    for line in PAGE.splitlines():
        if line.startswith("| policy "):
            assert [cell.strip() for cell in line.split("|")] == [cell.strip() for cell in head]


@pytest.mark.parametrize("name", [*WORKLOADS, *Variant])
def test_each_workload_and_strategy_has_its_line(name: str) -> None:
    assert f"\n| `{name}` | " in PAGE


def test_the_choices_of_the_command_are_those_of_the_domain() -> None:
    assert tuple(WORKLOADS) == simulate.WORKLOADS
    assert tuple(Variant) == simulate.VARIANTS
