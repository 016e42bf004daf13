"""States of image versions and builds: each pair is walked, and the page shows the table."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import product
from pathlib import Path

import pytest

from domain.images.states import (
    BUILD_MOVES,
    EDITABLE_IMAGE_STATES,
    IMAGE_MOVES,
    LAUNCHABLE_IMAGE_STATES,
    OPEN_BUILD_STATES,
    UNBUILT_IMAGE_STATES,
    BuildState,
    ImageState,
    check_build_move,
    check_image_move,
)
from domain.lifecycle import MoveNotAllowed, as_mermaid
from tests.domain.test_lifecycle import expect_move, pairs, reachable

PAGE = (Path(__file__).parents[3] / "docs" / "images.md").read_text()
# Written out again, so that a change of the table is a change of two places and of the docs.
IMAGES = """
draft      -> building
building   -> ready failed
failed     -> building
ready      -> deprecated withdrawn
deprecated -> ready withdrawn
withdrawn  -> ready
"""
BUILDS = """
queued    -> running failed canceled
running   -> pushing succeeded failed canceled
pushing   -> succeeded failed canceled
succeeded ->
failed    ->
canceled  ->
"""


@pytest.mark.parametrize(("current", "wanted"), [*product(ImageState, repeat=2)])
def test_a_version_moves_only_along_the_arrows(current: ImageState, wanted: ImageState) -> None:
    expect_move(check_image_move, current, wanted, allowed=(current, wanted) in pairs(IMAGES))


@pytest.mark.parametrize(("current", "wanted"), [*product(BuildState, repeat=2)])
def test_a_build_moves_only_along_the_arrows(current: BuildState, wanted: BuildState) -> None:
    expect_move(check_build_move, current, wanted, allowed=(current, wanted) in pairs(BUILDS))


def test_every_state_has_its_row() -> None:
    assert set(IMAGE_MOVES) == set(ImageState)
    assert set(BUILD_MOVES) == set(BuildState)


def test_a_version_is_never_stuck_and_an_open_build_comes_to_its_end() -> None:
    assert all(ImageState.READY in reachable(IMAGE_MOVES, state) for state in ImageState)
    for state in OPEN_BUILD_STATES:
        assert reachable(BUILD_MOVES, state) >= {BuildState.FAILED, BuildState.CANCELED}


def test_nothing_unbuilt_is_launched_and_only_the_unbuilt_is_edited() -> None:
    assert not LAUNCHABLE_IMAGE_STATES & UNBUILT_IMAGE_STATES
    assert EDITABLE_IMAGE_STATES < UNBUILT_IMAGE_STATES


@pytest.mark.parametrize("moves", [IMAGE_MOVES, BUILD_MOVES])
def test_the_page_shows_the_diagram_of_the_table(moves: dict[StrEnum, frozenset[StrEnum]]) -> None:
    assert f"```mermaid\n{as_mermaid(moves)}\n```" in PAGE


@pytest.mark.parametrize("state", [*ImageState, *BuildState])
def test_the_page_explains_each_state(state: StrEnum) -> None:
    section = "Version states" if isinstance(state, ImageState) else "Build states"
    text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    assert re.search(rf"^\| `{state}` \| \S", text, re.MULTILINE)


def test_a_refusal_names_both_states() -> None:
    with pytest.raises(MoveNotAllowed, match="from withdrawn to building"):
        check_image_move(ImageState.WITHDRAWN, ImageState.BUILDING)
