"""What it disturbs to take a node away, and how that reads."""

from domain.planner.consolidation.score import Score, Weights
from domain.planner.model import Work


def test_the_score_reads_as_the_trade_writes_it() -> None:
    assert str(Score(savings=0.042, disruption=0.1)) == (
        "score 0.42 < threshold 0.50 (k: 2, savings 4.2%, disruption 10.0%)"
    )
    assert Score(savings=0.05, disruption=0.1).is_enough
    assert not Score(savings=0.0, disruption=0.0).is_enough
    assert str(Score(savings=0.0499, disruption=0.1)).startswith("score 0.49 < ")


def test_each_piece_of_work_adds_to_the_disruption_of_its_node() -> None:
    work = Work(tasks=4, actors=1, bundles=2, object_bytes=2**30 + 1)
    assert Weights().of(work) == 1 + 4 + 2 + 10 + 3
    assert Weights().of(Work(object_bytes=2**30)) == 1
