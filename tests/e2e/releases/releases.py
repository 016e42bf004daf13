"""Releases in one environment: asked for and approved through pages, seen through the database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial

import httpx

from mobula.stack.home import ROOT
from tests.e2e.cluster import DrivenCluster
from tests.e2e.releases import programs
from tests.e2e.releases.kills import Strike, frozen, held, held_soon, is_gone, waiting_for
from tests.e2e.stack import Console, Row
from tests.e2e.waiting import eventually

# The version with this number says that there are at most as many nodes.
TEXT = """\
cloud: local
head_node:
  instance_type: 2CPU-4GB
worker_nodes:
  - name: small
    instance_type: 2CPU-4GB
    max_nodes: {number}
"""
ENVIRONMENT = "prod"
OPEN = ("checking", "ready", "approved", "queued", "applying", "verifying")
_BROKEN_STEPS = """SELECT * FROM (
        SELECT step.request_id, step.from_state, lag(step.to_state, 1, '')
            OVER (PARTITION BY step.request_id ORDER BY step.id) AS before
        FROM promotions_step AS step
        JOIN promotions_changerequest AS request ON request.id = step.request_id
        WHERE request.template_id = %s
    ) AS steps WHERE from_state <> before"""


@dataclass(frozen=True)
class Releases:
    """A template, an environment that releases it, and three clusters there that follow."""

    mobula: Console
    approver: Console
    template: int
    requests: list[int] = field(default_factory=list)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    @classmethod
    def begin(cls, mobula: Console, *, name: str) -> Releases:
        """Release version 1, with three clusters that follow: one that runs, two that are stopped.

        They have no machines, so this takes no Ray: the one that runs is leased, so that no worker
        looks for them, and its head seems to have said what it runs.
        """
        [team] = mobula.rows("SELECT slug FROM accounts_team ORDER BY id LIMIT 1")
        email = f"{name}-approver@example.org"
        approver = mobula.member(email, team=team["slug"])
        version = mobula.make_template(name, TEXT.format(number=1), team=team["slug"])
        mobula.python(programs.RULES.format(email=email))
        [row] = mobula.rows("SELECT template_id FROM configurations_version WHERE id = %s", version)
        releases = cls(mobula, approver, row["template_id"])
        releases.ask(1)
        releases.approve()
        releases.comes_to("done")
        mobula.python(programs.CLUSTERS.format(name=name, version=version))
        assert len(releases.clusters()) == 3
        return releases

    def save(self) -> int:
        """Save the next version of the template and return its number."""
        return int(self.mobula.python(programs.SAVE.format(template=self.template, text=TEXT)))

    def ask(self, number: int) -> int:
        """Request the release of a version, and return the request once it waits for approval."""
        page = self.mobula.post(
            f"/templates/{self.template}/versions/{number}/request/",
            environment=ENVIRONMENT,
            title=f"Release {number}.",
            strategy="rolling",
        )
        parts = page.url.path.strip("/").split("/")
        assert parts[0] == "changes", page.text
        self.requests.append(int(parts[1]))
        self.comes_to("awaiting approval")
        return self.requests[-1]

    def approve_still(self) -> None:
        """Approve the newest request once Mobula is healthy, unless it has its approval."""
        eventually(self.mobula.healthy, what="Mobula is healthy")
        if self.request["state"] == "awaiting approval":
            self.approve()

    def approve(self) -> httpx.Response:
        """Approve the newest request as its page shows it."""
        row = self.request
        return self.approver.post(f"/changes/{row['id']}/approve/", digest=row["digest"])

    @property
    def request(self) -> Row:
        """The newest request that was asked for, as it is now."""
        query = "SELECT * FROM promotions_changerequest WHERE id = %s"
        return self.mobula.rows(query, self.requests[-1])[0]

    def comes_to(self, *states: str) -> str:
        """Wait until the newest request is in one of the states, and return which."""
        return eventually(
            lambda: next((s for s in states if s == self.request["state"]), ""),
            what=f"request {self.requests[-1]} is {' or '.join(states)}",
            seen=self.describe,
        )

    def is_verifying(self) -> bool:
        """Whether the clusters of the newest request are being watched."""
        return bool(self.request["state"] == "verifying")

    def clusters(self) -> list[Row]:
        """Return each cluster with the number of its version, and what its group has of it."""
        query = """SELECT cluster.id, cluster.name, cluster.state, cluster.run_id, version.number,
                grp.max_nodes, release.version_id = cluster.version_id AS follows,
                release.replaced_at IS NULL AS is_current
            FROM clusters_cluster AS cluster
            JOIN configurations_version AS version ON version.id = cluster.version_id
            JOIN clusters_group AS grp ON grp.cluster_id = cluster.id AND grp.name = 'small'
            LEFT JOIN promotions_release AS release ON release.id = cluster.release_id
            WHERE version.template_id = %s ORDER BY cluster.name"""
        return self.mobula.rows(query, self.template)

    def fail_a_job(self) -> None:
        """Have a job fail on the running cluster, soon: it fails the verification to come."""
        self.mobula.python(programs.FAIL.format(cluster=str(self.clusters()[0]["id"])))

    def wrong(self) -> Sequence[str]:
        """Return what must not be at any moment: half of a version, two releases, a doubled row."""
        return [*self._halves(), *self._doubled()]

    def _halves(self) -> Iterator[str]:
        numbers = set()
        for row in self.clusters():
            numbers.add(row["number"])
            if row["max_nodes"] != row["number"]:
                yield f"{row['name']} has version {row['number']} and a group of another: {row}"
        if len(numbers) > 2:
            yield f"Clusters run three versions: {sorted(numbers)}"

    def _doubled(self) -> Iterator[str]:
        releases = self.mobula.rows(
            "SELECT * FROM promotions_release WHERE template_id = %s ORDER BY number", self.template
        )
        current = [row["number"] for row in releases if row["replaced_at"] is None]
        if current != [releases[-1]["number"]]:
            yield f"Current releases: {current}, the newest is {releases[-1]['number']}"
        if [row["number"] for row in releases] != list(range(1, len(releases) + 1)):
            yield f"Releases are numbered {[row['number'] for row in releases]}"
        if len(self.clusters()) not in {0, 3}:
            yield f"There are {len(self.clusters())} clusters"
        for row in self.mobula.rows(_BROKEN_STEPS, self.template):
            yield f"Request {row['request_id']} was {row['before']} and left {row['from_state']}"

    def unsettled(self) -> Sequence[str]:
        """Return what must not be once a request has ended: an open one, or a cluster apart."""
        query = """SELECT request.id, request.state, release.id AS release, release.replaced_at
            FROM promotions_changerequest AS request
            LEFT JOIN promotions_release AS release ON release.request_id = request.id
            WHERE request.template_id = %s ORDER BY request.id"""
        found = [
            f"Request {row['id']} is {row['state']}"
            for row in self.mobula.rows(query, self.template)
            if row["state"] in OPEN
        ]
        found += [
            f"{row['name']} follows no current release: {row}"
            for row in self.clusters()
            if not (row["follows"] and row["is_current"])
        ]
        return [*found, *self.wrong()]

    def approvals(self) -> int:
        """Return how many approvals the newest request has."""
        query = "SELECT id FROM promotions_approval WHERE request_id = %s"
        return len(self.mobula.rows(query, self.requests[-1]))

    def ends(self) -> str:
        """Wait until the newest request and all roll-backs have ended; return the state it has."""

        def is_settled() -> bool:
            return not self.unsettled()

        eventually(is_settled, what="every request has ended", seen=self.describe)
        return str(self.request["state"])

    def audit(self) -> str:
        """Return what `audit verify` says is wrong, "" if the chain holds."""
        ran = subprocess.run(
            [sys.executable, "-m", "django", "audit", "verify"],
            env=self.mobula.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.stderr if ran.returncode else ""

    def describe(self) -> str:
        """Return the requests, their steps and the clusters, for a message."""
        query = """SELECT request_id, from_state, to_state, reason, at FROM promotions_step
            WHERE request_id IN
                (SELECT id FROM promotions_changerequest WHERE template_id = %s) ORDER BY id"""
        lines = [*self.mobula.rows(query, self.template)[-30:], *self.clusters(), *self.unsettled()]
        return "\n".join(map(str, lines))

    def terminate(self) -> None:
        """Terminate all three clusters, and give the lease back first."""
        leases = "UPDATE clusters_cluster SET lease_token = NULL, lease_expires = NULL RETURNING id"
        self.mobula.rows(leases)
        for row in self.clusters():
            cluster = DrivenCluster(self.mobula, id=str(row["id"]))
            cluster.press("terminate")
            cluster.comes_to("terminated")

    def close(self) -> None:
        """Close what this has open: the approver's connections, and the thread."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.approver.http.close()

    def strikes(self, *strikes: Strike) -> None:
        """Kill at each of the steps, and see Mobula healthy in between.

        The rows of the next step are held before those of the present one are given back: a worker
        that comes back cannot be past it by then.
        """
        with ExitStack() as all_rows:
            present = all_rows.enter_context(ExitStack())
            holder = present.enter_context(held(self.mobula, *strikes[0].rows))
            for strike, following in zip(strikes, [*strikes[1:], None], strict=True):
                going = self.pool.submit(strike.act) if strike.act else None
                victim = self._victim(strike, holder)
                with frozen(self.mobula) if strike.ends_connections else nullcontext():
                    strike.kill(self.mobula, victim)
                    if strike.ends_connections:
                        eventually(partial(is_gone, holder), what="our own backend is gone")
                    coming = all_rows.enter_context(ExitStack())
                    if following:
                        holder = coming.enter_context(held_soon(self.mobula, following))
                    present.close()
                present = coming
                if going is not None:
                    with suppress(httpx.HTTPError):
                        going.result(timeout=120)
                eventually(self.mobula.healthy, what="Mobula is healthy")
                assert self.wrong() == []

    def _victim(self, strike: Strike, holder: int) -> int:
        victim = eventually(
            lambda: strike.ready() and waiting_for(self.mobula, holder),
            what=f"a step waits for {strike.rows}",
            seen=self.describe,
        )
        assert self.wrong() == []
        return victim
