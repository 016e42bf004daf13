"""The catalogue of faults: told in the docs, and each of them injected."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks.faults import moments
from benchmarks.faults.catalogue import BY_NAME, CATALOGUE
from benchmarks.faults.disks import SmallDisks
from benchmarks.faults.fault import Fault, Scene
from benchmarks.faults.phases import PHASES

DOCS = Path(__file__).parents[2] / "docs" / "faults.md"


def scene(seed: int) -> Scene:
    chance = random.Random(seed)  # noqa: S311 - no secret
    return Scene(mobula=cast("Any", None), lives=(), disks=SmallDisks(), chance=chance)


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_the_docs_say_what_is_done_and_what_must_hold(fault: Fault) -> None:
    words = fault.how, fault.undone, fault.meanwhile, fault.afterwards
    assert f"| {' | '.join((fault.name, *words))} |" in DOCS.read_text().splitlines()


def test_names_are_told_apart() -> None:
    assert len(BY_NAME) == len(CATALOGUE)


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_each_fits_a_phase(fault: Fault) -> None:
    assert any(fault.fits(phase.name) for phase in PHASES)
    assert fault.phases is None or fault.phases <= {phase.name for phase in PHASES}


def test_in_the_short_form_each_fits_its_phase_and_the_life_ends() -> None:
    run = list(moments.short())
    assert all(fault.fits(moment.phase.name) for moment in run for fault in moment.all)
    assert [run[0].phase.name, run[-1].phase.name] == ["launch", "terminate"]


def test_in_the_long_form_each_that_is_possible_comes_and_a_lost_cluster_is_launched_anew() -> None:
    run = list(moments.drawn(scene(1), names=(), moments=120))
    came = {fault.name for moment in run for fault in moment.all}
    assert came == {fault.name for fault in CATALOGUE if not fault.impossible(scene(1))}
    for moment, after in pairwise(run):
        if any(fault.ends_cluster for fault in moment.all):
            assert after.phase.name == "launch"


def test_a_seed_repeats_the_moments() -> None:
    first, again = ([str(m) for m in moments.drawn(scene(7), names=(), moments=20)] for _ in "12")
    assert first == again


def test_what_cannot_be_injected_is_said_with_its_reason() -> None:
    assert list(moments.skipped(scene(1), names=())) == [
        "skipped: full disk (no disk was requested)",
        "skipped: full disk of nodes (no disk was requested)",
    ]
    assert list(moments.skipped(scene(1), names=("kill web",))) == []
