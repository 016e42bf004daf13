"""A change request has its version tested on a real cluster, which is gone afterwards."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.git_server import GitServer
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


ASK = """
from configurations.models import Version
from promotions.services.requests import request_change
version = Version.objects.get(pk={version})
print(request_change(version, environment="{environment}", title="Test it.", by=version.author).pk)
"""
SCRIPT = """
import hashlib, pathlib, ray
import beside
ray.init()
read = ray.remote(num_cpus=0.1)(lambda: pathlib.Path("data.bin").read_bytes())
print("on a node:", hashlib.sha256(ray.get(read.remote())).hexdigest(), beside.WORDS)
"""
# More than the agent gets at a time.
DATA = random.Random(7).randbytes(1_500_000)  # noqa: S311
EXPECTED = f"on a node: {hashlib.sha256(DATA).hexdigest()} from the package"


def of_zip(_: Path) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """The code as an uploaded zip file."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("run.py", SCRIPT)
        archive.writestr("beside.py", "WORDS = 'from the package'")
        archive.writestr("data.bin", DATA)
    yield {"workload_code": "zip"}, {"workload_zip": ("code.zip", whole.getvalue())}


def of_git(directory: Path) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """The code in a folder of a Git repository."""
    server = GitServer(directory)
    (server.tree / "checks").mkdir()
    (server.tree / "checks" / "data.bin").write_bytes(DATA)
    server.commit({"checks/run.py": SCRIPT, "checks/beside.py": "WORDS = 'from the package'"})
    with server.serving():
        git = {"workload_code": "git", "workload_git_url": server.url}
        yield {**git, "workload_git_folder": "checks"}, {}


@pytest.mark.parametrize("code", [of_zip, of_git])
def test_a_command_runs_in_code_that_was_uploaded_or_fetched(
    mobula: Console, tmp_path: Path, code: Callable[[Path], Iterator[Any]]
) -> None:
    with contextmanager(code)(tmp_path) as (fields, files):
        rules = {
            "launch_role": "engineer", "soak_minutes": 0, "expires_hours": 24,
            "workload": "command", "workload_command": "python run.py", "workload_minutes": 30,
            "workload_usd": 1, "approvals": 0, "verify_minutes": 0, **fields,
        }  # fmt: skip
        page = mobula.post("/environments/dev/", files=files, **rules)
        assert "The rules of dev are saved." in page.text, page.text
        version = mobula.make_template(f"code-{code.__name__.replace('_', '-')}", TEXT)
        ran = mobula.python(ASK.format(version=version, environment="dev"))
        request = int(ran.splitlines()[-1])

        def run() -> dict[str, Any]:
            rows = mobula.rows("SELECT * FROM promotions_testrun WHERE request_id = %s", request)
            return rows[0] if rows else {"state": "none", "ended_at": None}

        eventually(
            lambda: run()["ended_at"], what="the run is over", seconds=360, seen=lambda: str(run())
        )
    ended = run()
    assert ended["state"] == "passed", f"{ended['summary']}\n{ended['log']}"
    assert EXPECTED in str(ended["log"])
    packages = mobula.rows("SELECT digest FROM promotions_codepackage")
    assert ended["code"]["digest"] in {row["digest"] for row in packages}


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
