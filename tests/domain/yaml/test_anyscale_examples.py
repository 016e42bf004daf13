"""Configurations as Anyscale's users write them: read, kept to the byte, rejected in place."""

from pathlib import Path

import pytest

from domain.catalogue.region import ANYWHERE
from domain.configuration.spec import canonical
from domain.problems import Severity
from domain.validation import check_text
from domain.yaml.text import dump, parse, update_text

HERE = Path(__file__).parents[1] / "anyscale"
GOOD = sorted(HERE.glob("*.yaml"))
REJECTED = {
    "02_head_node_no_instance_type": "head_node.instance_type",
    "05_max_below_min": "worker_nodes[0].max_nodes",
    "06_bad_market_type": "worker_nodes[0].market_type",
    "09_max_resources_string_value": "max_resources.CPU",
    "10_memory_without_unit": "head_node.required_resources.memory",
    "13_logical_exceeds_physical": "head_node.resources.CPU",
    "17_multi_empty": "configs",
    "20_max_nodes_zero": "worker_nodes[0].max_nodes",
}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_all_examples_are_here() -> None:
    assert len(GOOD) == 4
    assert {path.stem for path in (HERE / "rejected").glob("*.yaml")} == set(REJECTED)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_example_is_read_without_an_error(path: Path) -> None:
    found = check_text(text_of(path), target=ANYWHERE)
    assert [p for p in found if p.severity is Severity.ERROR] == []


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_written_form_of_an_example_stays_byte_for_byte(path: Path) -> None:
    config = parse(text_of(path)).config
    assert config is not None
    first = dump(config)
    again = parse(first).config
    assert again is not None
    assert canonical(again) == canonical(config)
    assert dump(again) == first


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_example_that_is_not_changed_keeps_every_byte(path: Path) -> None:
    text = text_of(path)
    config = parse(text).config
    assert config is not None
    once = update_text(text, config)
    assert parse(once).config == config
    assert update_text(once, config) == once
    assert [line for line in text.splitlines() if "#" in line and "replaces" in line] == [
        line for line in once.splitlines() if "#" in line and "replaces" in line
    ]


@pytest.mark.parametrize("name", REJECTED)
def test_what_anyscale_rejects_is_rejected_at_its_place(name: str) -> None:
    found = check_text(text_of(HERE / "rejected" / f"{name}.yaml"), target=ANYWHERE)
    assert [p.path for p in found if p.severity is Severity.ERROR] == [REJECTED[name]]
