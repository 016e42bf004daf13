"""One cluster of a real installation: driven through its pages, seen through the database."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from tests.e2e.waiting import PATIENCE_SECONDS, eventually

if TYPE_CHECKING:
    from tests.e2e.stack import Console, Row

OVER = {"SUCCEEDED", "FAILED", "STOPPED"}
TOKEN = re.compile(r"RAY_AUTH_TOKEN=(\w+)")


@dataclass(frozen=True)
class DrivenCluster:
    """A cluster by its id; every property is read anew."""

    console: Console
    id: str

    @property
    def row(self) -> Row:
        """The cluster's row, with that of its run."""
        query = """SELECT run.*, cluster.* FROM clusters_cluster AS cluster
                   JOIN clusters_run AS run ON run.id = cluster.run_id WHERE cluster.id = %s"""
        return self.console.rows(query, self.id)[0]

    @property
    def state(self) -> str:
        """The cluster's state."""
        return str(self.row["state"])

    def nodes(self, *, role: str = "", live: bool = True) -> list[Row]:
        """Return the nodes, oldest first; of one role if it is given, all or those not ended."""
        query = """SELECT node.*, grp.name AS group_name,
                coalesce(nullif(node.instance_type, ''), grp.instance_type) AS machine
            FROM clusters_node AS node
            JOIN clusters_group AS grp ON grp.id = node.group_id
            WHERE node.cluster_id = %s AND (%s = '' OR node.role = %s)
                AND (NOT %s OR node.state <> 'terminated') ORDER BY node.id"""
        return self.console.rows(query, self.id, role, role, live)

    def ready_workers(self) -> list[Row]:
        """Return the workers that Ray has joined."""
        return [node for node in self.nodes(role="worker") if node["state"] == "ready"]

    def events(self) -> list[Row]:
        """Return the history, oldest first."""
        query = """SELECT event.*, node.name AS node_name FROM clusters_event AS event
            LEFT JOIN clusters_node AS node ON node.id = event.node_id
            WHERE event.cluster_id = %s ORDER BY event.id"""
        return self.console.rows(query, self.id)

    def jobs(self) -> list[Row]:
        """Return the jobs, oldest first."""
        query = "SELECT * FROM clusters_job WHERE cluster_id = %s ORDER BY id"
        return self.console.rows(query, self.id)

    def decisions(self, *, kind: str) -> list[Row]:
        """Return the planner's decisions of one kind, oldest first."""
        query = """SELECT * FROM clusters_scalingdecision
            WHERE cluster_id = %s AND kind = %s ORDER BY id"""
        return self.console.rows(query, self.id, kind)

    def run_workload(self, key: str, **values: float) -> Row:
        """Press "Run test workload" and return the job's row."""
        before = len(self.jobs())
        page = self.post(f"workloads/{key}/", **{f"{key}-{name}": v for name, v in values.items()})
        jobs = self.jobs()
        assert len(jobs) == before + 1, page.text
        return jobs[-1]

    def submit(self, entrypoint: str) -> Row:
        """Submit a job to Ray itself, as `ray job submit` does, and return its row."""
        page = self.console.http.get(f"/clusters/{self.id}/")
        token = TOKEN.search(page.text)
        submission_id = f"own-{secrets.token_hex(4)}"
        answer = httpx.post(
            f"{self.row['dashboard_url']}/api/jobs/",
            json={"entrypoint": entrypoint, "submission_id": submission_id},
            headers={"Authorization": f"Bearer {token[1]}"} if token else {},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return eventually(
            lambda: (
                next((j for j in self.jobs() if j["submission_id"] == submission_id), None) or {}
            ),
            what=f"{submission_id} is known",
            seen=self.describe,
        )

    def job_over(self, job: Row) -> Row:
        """Return the job's row once it is over."""
        return eventually(
            lambda: next(
                (j for j in self.jobs() if j["id"] == job["id"] and j["status"] in OVER), None
            ),
            what=f"{job['submission_id']} is over",
            seen=self.describe,
        )

    def job_log(self, job: Row) -> str:
        """Return the log as the page offers it for download."""
        answer = self.console.http.get(f"/clusters/{self.id}/jobs/{job['id']}/log/")
        assert answer.status_code == 200
        return answer.text

    def press(self, button: str) -> httpx.Response:
        """Press stop, start or terminate."""
        return self.post(f"{button}/")

    def resize(self, group: str, *, least: int, most: int) -> httpx.Response:
        """Give a group other limits."""
        fields = {f"{group}-min_nodes": least, f"{group}-max_nodes": most}
        return self.post(f"groups/{group}/resize/", **fields)

    def post(self, path: str, **fields: object) -> httpx.Response:
        """Post a form of the cluster's page and return the page that follows."""
        answer = self.console.post(f"/clusters/{self.id}/{path}", **fields)
        assert answer.status_code == 200, answer.text
        return answer

    def comes_to(self, state: str, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the cluster is in `state`."""
        eventually(
            lambda: self.state == state,
            what=f"{self.id} is {state}",
            seconds=seconds,
            seen=self.describe,
        )

    def has_workers(self, count: int, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until exactly `count` workers live, all of them ready."""

        def as_wished() -> bool:
            states = Counter(node["state"] for node in self.nodes(role="worker"))
            return states == Counter({"ready": count} if count else {})

        what = f"{self.id} has {count} ready workers"
        eventually(as_wished, what=what, seconds=seconds, seen=self.describe)

    def describe(self) -> str:
        """Return the cluster's state and history, for a message that says what went wrong."""
        lines: list[Any] = [f"{self.row['name']}: {self.state}, error {self.row['last_error']!r}"]
        lines += [f"  {n['name']} {n['role']} {n['state']} {n['end_reason']}" for n in self.nodes()]
        lines += [
            f"  {e['at']:%H:%M:%S.%f} {e['node_name'] or ''} {e['from_state']}→{e['to_state']} "
            f"{e['message']}"
            for e in self.events()[-40:]
        ]
        return "\n".join(lines)
