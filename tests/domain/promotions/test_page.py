"""docs/promotions.md shows the table of states and explains each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.lifecycle import as_mermaid
from domain.promotions.checks import CheckKind
from domain.promotions.states import REQUEST_MOVES, RequestState
from domain.promotions.switches import SWITCH_MOVES

PAGE = (Path(__file__).parents[3] / "docs/promotions.md").read_text()


@pytest.mark.parametrize("moves", [REQUEST_MOVES, SWITCH_MOVES])
def test_the_page_shows_the_diagram_of_the_table(moves: Mapping[Any, frozenset[Any]]) -> None:
    assert f"```mermaid\n{as_mermaid(moves)}\n```" in PAGE


@pytest.mark.parametrize("state", RequestState)
def test_the_page_explains_each_state(state: RequestState) -> None:
    assert re.search(rf"^\| `{state}` \| \S", PAGE, re.MULTILINE)


@pytest.mark.parametrize("kind", CheckKind)
def test_the_page_explains_each_check(kind: CheckKind) -> None:
    assert re.search(rf"^\| (.*, )?{kind.label}(, .*)? \| \S", PAGE, re.MULTILINE)
