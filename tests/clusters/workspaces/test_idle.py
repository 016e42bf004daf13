"""A workspace in which somebody works is not idle; an idle one stops and can be started again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.timezone import now

from clusters.models import Run
from clusters.reconcile.termination import verdict_for
from domain.idle import Activity
from tests.clusters.workspaces.conftest import jupyter

if TYPE_CHECKING:
    from clusters.models import Workspace
    from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def judged(head: Head, **told: Any) -> Activity:
    """Return what the cluster is while its agent says this of JupyterLab."""
    head.idle = {node.name: 999.0 for node in head.nodes(role="head")}
    head.report(workspace=jupyter(**told))
    head.cluster.refresh_from_db()
    return verdict_for(head.cluster, head.nodes(role="head")).state


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, Activity.IDLE),
        ({"kernels": 2, "busy": 0}, Activity.IDLE),
        ({"kernels": 2, "busy": 1}, Activity.ACTIVE),
        ({"busy": None}, Activity.UNKNOWN),
        ({"state": "failed", "busy": None}, Activity.IDLE),
        ({"state": "missing", "busy": None}, Activity.IDLE),
    ],
)
def test_a_busy_kernel_is_activity(head: Head, told: dict[str, Any], state: Activity) -> None:
    assert judged(head, **told) is state


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (5, Activity.ACTIVE),
        (110, Activity.ACTIVE),
        (130, Activity.IDLE),
        (-3600, Activity.IDLE),  # a clock that is an hour ahead keeps no cluster
    ],
)
def test_a_terminal_that_was_used_lately_is_activity(
    head: Head, seconds: int, state: Activity
) -> None:
    at = (now() - timedelta(seconds=seconds)).timestamp()
    assert judged(head, terminals=1, active_at=at) is state


def test_an_idle_workspace_stops_and_is_not_terminated(workspace: Workspace, head: Head) -> None:
    assert judged(head) is Activity.IDLE
    Run.objects.filter(pk=head.cluster.run_id).update(idle_since=now() - timedelta(hours=1))
    head.pass_by()
    head.pass_by()
    head.pass_by()
    assert head.state == "stopped"
    head.cluster.refresh_from_db()
    assert head.cluster.target == "stopped"


def test_a_report_that_cannot_be_is_refused(head: Head) -> None:
    for nonsense in ({"state": "on fire"}, {"busy": -1}, {"active_at": 1e300}, {"packages": [1]}):
        answer = head.post(head.body(workspace=jupyter(**nonsense)))
        assert answer.status_code == 400, nonsense
