"""Whatever happens to a call of launch, scale or terminate: machines are rows, once, and paid for.

These are a part of the matrix; `make faults` tries every call with every kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.faults.kinds import KINDS
from tests.faults.spread import CALLS, chosen, spread
from tests.faults.walk import PHASES, Life, lived

DOCS = Path(__file__).parents[2] / "docs" / "faults.md"


@pytest.fixture(scope="module")
def life(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Life]:
    """A cluster that goes from phase to phase, as far as the tests have come."""
    with django_db_blocker.unblock(), lived(tmp_path_factory.mktemp("faults")) as life:
        yield life


@pytest.fixture(scope="module")
def stage(life: Life, request: pytest.FixtureRequest) -> Life:
    """The cluster before the phase of that name, "" for after the last one.

    It goes there before a test begins, for what a test does is undone.
    """
    life.go_on_to(request.param)
    return life


@pytest.mark.django_db
@pytest.mark.parametrize(("stage", "operation", "kind"), list(spread()), indirect=["stage"])
def test_after_it_nothing_is_leaked_doubled_or_lost(stage: Life, operation: str, kind: str) -> None:
    call = chosen(stage.calls_ahead(), operation, kind)
    assert not (wrong := stage.tried(call, kind)), f"{call} {kind}: {wrong}"


@pytest.mark.django_db
@pytest.mark.parametrize("stage", [""], indirect=True)
def test_every_call_is_on_the_list(stage: Life) -> None:
    assert stage.position == len(PHASES)
    assert sorted({(call.phase, call.operation) for call in stage.calls}) == sorted(CALLS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_docs_say_what_happens_to_a_call(kind: str) -> None:
    assert f"| {kind} | {KINDS[kind].__doc__} |" in DOCS.read_text().splitlines()


def test_the_part_that_is_tried_has_every_call_and_every_kind() -> None:
    cells = list(spread())
    assert {(phase, operation) for phase, operation, _ in cells} == set(CALLS)
    assert {kind for *_, kind in cells} == set(KINDS)
