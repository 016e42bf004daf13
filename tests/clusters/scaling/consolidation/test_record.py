"""The last look is kept for its run."""

from __future__ import annotations

import pytest

from clusters import runs
from clusters.models import Cluster
from clusters.scaling.consolidation.record import last_look
from tests.clusters.busy_head import BusyHead

pytestmark = pytest.mark.django_db


def test_a_new_run_begins_anew(acting: BusyHead) -> None:
    acting.grows(1, 1)
    acting.looks()
    assert last_look(Cluster.objects.get(pk=acting.cluster.pk)) is not None
    runs.begin(acting.cluster)
    assert last_look(Cluster.objects.get(pk=acting.cluster.pk)) is None
