import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import product
from pathlib import Path

import pytest

from domain.lifecycle import (
    CLUSTER_MOVES,
    CONSOLIDATION_MOVES,
    NODE_MOVES,
    ClusterState,
    ConsolidationState,
    EndCause,
    MoveNotAllowed,
    NodeState,
    as_mermaid,
    check_cluster_move,
    check_consolidation_move,
    check_node_move,
)

PAGE = (Path(__file__).parents[2] / "docs" / "states.md").read_text()
SECTIONS: Mapping[type[StrEnum], str] = {
    ClusterState: "Clusters",
    NodeState: "Nodes",
    ConsolidationState: "Consolidation",
}
type Moves = Mapping[StrEnum, frozenset[StrEnum]]

# Written out again, so that a change of the table is a change of two places and of the docs.
CLUSTERS = """
requested   -> starting failed stopping terminating
starting    -> running failed stopping terminating
running     -> stopping terminating failed
stopping    -> stopped terminating failed
stopped     -> starting terminating
terminating -> terminated
terminated  ->
failed      -> starting terminating
"""
NODES = """
requested   -> launching booting ready terminating terminated
launching   -> booting ready terminating terminated
booting     -> ready terminating terminated
ready       -> draining terminating terminated
draining    -> ready terminating terminated
terminating -> terminated
terminated  ->
"""
CONSOLIDATIONS = """
none       -> found
found      -> confirmed none
confirmed  -> replacing draining found none
replacing  -> draining none
draining   -> none
"""


def pairs(matrix: str) -> set[tuple[str, str]]:
    rows = (line.split("->") for line in matrix.strip().splitlines())
    return {(current.strip(), wanted) for current, row in rows for wanted in row.split()}


@pytest.mark.parametrize(("current", "wanted"), [*product(ClusterState, repeat=2)])
def test_a_cluster_moves_only_along_the_arrows(current: ClusterState, wanted: ClusterState) -> None:
    expect_move(check_cluster_move, current, wanted, allowed=(current, wanted) in pairs(CLUSTERS))


@pytest.mark.parametrize(("current", "wanted"), [*product(NodeState, repeat=2)])
def test_a_node_moves_only_along_the_arrows(current: NodeState, wanted: NodeState) -> None:
    expect_move(check_node_move, current, wanted, allowed=(current, wanted) in pairs(NODES))


@pytest.mark.parametrize(("current", "wanted"), [*product(ConsolidationState, repeat=2)])
def test_a_proposal_moves_only_along_the_arrows(
    current: ConsolidationState, wanted: ConsolidationState
) -> None:
    allowed = (current, wanted) in pairs(CONSOLIDATIONS)
    expect_move(check_consolidation_move, current, wanted, allowed=allowed)


def expect_move[S: StrEnum](
    check: Callable[[S, S], None], current: S, wanted: S, *, allowed: bool
) -> None:
    if allowed:
        check(current, wanted)
        return
    with pytest.raises(MoveNotAllowed, match=f"from {current} to {wanted}") as refusal:
        check(current, wanted)
    assert (refusal.value.current, refusal.value.wanted) == (current, wanted)


@pytest.mark.parametrize(
    ("moves", "states"), [(CLUSTER_MOVES, ClusterState), (NODE_MOVES, NodeState)]
)
def test_every_state_has_its_row_and_a_way_to_the_end(moves: Moves, states: type[StrEnum]) -> None:
    assert set(moves) == set(states)
    end = states("terminated")
    assert all(end in reachable(moves, state) for state in states)


def test_every_proposal_comes_to_its_end() -> None:
    assert set(CONSOLIDATION_MOVES) == set(ConsolidationState)
    none = ConsolidationState.NONE
    assert all(none in reachable(CONSOLIDATION_MOVES, state) for state in ConsolidationState)


def reachable(moves: Moves, start: StrEnum) -> set[StrEnum]:
    seen, waiting = {start}, [start]
    while waiting:
        news = moves[waiting.pop()] - seen
        seen |= news
        waiting += news
    return seen


def test_only_terminated_is_final() -> None:
    assert [state for state, targets in CLUSTER_MOVES.items() if not targets] == [
        ClusterState.TERMINATED
    ]
    assert [state for state, targets in NODE_MOVES.items() if not targets] == [NodeState.TERMINATED]


@pytest.mark.parametrize("moves", [CLUSTER_MOVES, NODE_MOVES, CONSOLIDATION_MOVES])
def test_the_page_shows_the_diagram_of_the_table(moves: Moves) -> None:
    assert f"```mermaid\n{as_mermaid(moves)}\n```" in PAGE


@pytest.mark.parametrize("state", [*ClusterState, *NodeState, *ConsolidationState])
def test_the_page_explains_each_state(state: StrEnum) -> None:
    text = PAGE.split(f"## {SECTIONS[type(state)]}\n")[1].split("\n## ")[0]
    assert re.search(rf"^\| `{state}` \| \S", text, re.MULTILINE)


@pytest.mark.parametrize("cause", EndCause)
def test_the_page_says_which_causes_are_failures(cause: EndCause) -> None:
    assert f"| {cause} | {'yes' if cause.is_failure else 'no'} |" in PAGE
