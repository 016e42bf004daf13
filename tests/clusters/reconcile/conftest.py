"""A cluster in which nothing is to be done."""

import pytest

from tests.clusters.head import Head


@pytest.fixture
def calm(head: Head) -> Head:
    """A head and two workers in use, and nothing to be done."""
    head.wants(2, CPU=2.0)
    head.report()
    head.pass_by()
    head.wants(0)
    from tests.clusters.reconcile.settled import comes_to_rest, next_step

    comes_to_rest(head)
    assert len(head.nodes()) == 2
    assert next_step(head) == "look"
    return head
