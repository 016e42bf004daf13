"""A job runs on a real cluster while another takes its place: it ends, and its cluster after it."""

from __future__ import annotations

import shlex

import pytest

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
RELEASE = """
from configurations.models import Version
from promotions.services.requests import request_change
version = Version.objects.get(pk={version})
print(request_change(
    version, environment="dev", title="Release it.", strategy="switch", by=version.author
).pk)
"""
LAUNCH = """
from clusters.services.launching import launch_cluster
from configurations.models import Version
version = Version.objects.get(pk={version})
print(launch_cluster(name="serving", version=version, environment="dev", by=version.author).pk)
"""
# Labels of a head node are given when Ray starts on it: only a new cluster can follow.
NEXT = """
from configurations.models import Version
from configurations.services.templates import save_version
version = Version.objects.get(pk={version})
text = version.text + "  labels: {{line: new}}\\n"
saved = save_version(version.template, text=text, base=1, message="New.", by=version.author)
print(saved.version.pk)
"""

WAITS = """
import os, time
while not os.path.exists({path!r}):
    time.sleep(0.1)
"""


def released(mobula: Console, version: int) -> int:
    """Request the version in dev and return the request, whose turn comes by itself."""
    return int(mobula.python(RELEASE.format(version=version)).splitlines()[-1])


def state_of(mobula: Console, request: int) -> str:
    rows = mobula.rows("SELECT state FROM promotions_changerequest WHERE id = %s", request)
    return str(rows[0]["state"])


def test_a_job_ends_on_the_old_cluster_while_the_new_one_takes_over(mobula: Console) -> None:
    version = mobula.make_template("switched", TEXT)
    first = released(mobula, version)
    eventually(lambda: state_of(mobula, first) == "done", what="the first version is released")
    old = DrivenCluster(mobula, id=mobula.python(LAUNCH.format(version=version)).split()[-1])
    old.comes_to("running")
    mobula.shared.mkdir(mode=0o755, exist_ok=True)
    end = mobula.shared / "end"
    job = old.submit(f"python -c {shlex.quote(WAITS.format(path=str(end)))}")
    eventually(lambda: old.jobs()[-1]["status"] == "RUNNING", what="the job runs")

    following = int(mobula.python(NEXT.format(version=version)).splitlines()[-1])
    request = released(mobula, following)
    eventually(lambda: old.row["replaced_by_id"], what="another took its place", seen=old.describe)
    new = DrivenCluster(mobula, id=str(old.row["replaced_by_id"]))
    assert (new.row["name"], old.row["name"]) == ("serving", "serving-previous")
    assert new.state == "running"
    assert old.jobs()[-1]["status"] == "RUNNING"  # the switch did not touch it
    refused = mobula.post(
        f"/clusters/{old.id}/workloads/cpu_tasks/",
        **{"cpu_tasks-tasks": 1, "cpu_tasks-seconds": 0, "cpu_tasks-cpus": 0.1},
    )
    assert "Submit them to serving." in refused.text

    end.touch(mode=0o644)
    assert old.job_over(job)["status"] == "SUCCEEDED"
    old.comes_to("terminated")
    assert state_of(mobula, request) == "done"
    assert new.state == "running"
    done = new.run_workload("cpu_tasks", tasks=1, seconds=0, cpus=0.5)
    assert new.job_over(done)["status"] == "SUCCEEDED"
    new.press("terminate")
    new.comes_to("terminated")
    eventually(lambda: not live_nodes(mobula.home.path), what="no process of them is left")
