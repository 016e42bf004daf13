"""A change request has its version tested on a real cluster, which is gone afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e import books
from tests.e2e.cluster import DrivenCluster
from tests.e2e.processes import live_nodes
from tests.e2e.stack import Console
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.ray

TEXT = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB
"""
REQUEST = """
from configurations.models import Version
from promotions.environments import saved_environments
from promotions.models import Environment
from promotions.services.requests import request_change
version = Version.objects.get(pk={version})
saved_environments(version.template.team)
Environment.objects.filter(team=version.template.team, name="test").update(
    workload="cpu_tasks", needs_previous=False, soak_minutes=0, workload_usd=1
)
print(request_change(version, environment="test", title="Test it.", by=version.author).pk)
"""


def test_a_test_workload_runs_on_a_cluster_of_its_own(mobula: Console) -> None:
    version = mobula.make_template("tested", TEXT)
    request = int(mobula.python(REQUEST.format(version=version)).splitlines()[-1])

    def run() -> dict[str, Any]:
        rows = mobula.rows("SELECT * FROM promotions_testrun WHERE request_id = %s", request)
        return rows[0] if rows else {"state": "none", "ended_at": None}

    eventually(
        lambda: run()["ended_at"], what="the test run is over", seconds=360, seen=lambda: str(run())
    )
    ended = run()
    assert ended["state"] == "passed", ended
    assert "2 tasks done in" in str(ended["log"])
    cluster = DrivenCluster(mobula, id=str(ended["cluster_id"]))
    cluster.comes_to("terminated")
    eventually(lambda: not live_nodes(mobula.home.path), what="no process of it is left")
    books.post_ledger(mobula)
    paid = books.total_microusd(mobula, cluster.id)
    assert paid > 0
    eventually(
        lambda: int(run()["cost_usd"] * 1_000_000) == paid, what="its cost is that of the ledger"
    )
    check = mobula.rows(
        "SELECT verdict FROM promotions_checkresult WHERE request_id = %s AND kind = %s",
        request,
        "test-workload",
    )
    assert check[0]["verdict"] == "passed"
