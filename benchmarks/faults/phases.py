"""The life that a cluster is taken through while programs are killed around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from operator import methodcaller

from tests.e2e.cluster import OVER, DrivenCluster
from tests.e2e.stack import Console
from tests.e2e.waiting import eventually

TEXT = """\
cloud: local
head_node:
  instance_type: 2CPU-4GB
  resources:
    CPU: 0
worker_nodes:
  - name: small
    instance_type: 2CPU-4GB
    max_nodes: %d
mobula:
  worker_idle_seconds: 3
"""


@dataclass
class Life:
    """One cluster after the other, each from launch to its end."""

    member: Console
    team: str
    version: int
    cluster: DrivenCluster = field(init=False)
    numbers: count[int] = field(default_factory=count)
    spared: set[int] = field(default_factory=set)

    @classmethod
    def begin(cls, mobula: Console, *, team: str, workers: int) -> Life:
        """Return the life of a new team's clusters, with at most this many workers each."""
        member = mobula.member(f"{team}@example.org", team=team)
        version = mobula.make_template(f"{team}-faults", TEXT % workers, team=team)
        return cls(member=member, team=team, version=version)

    def launch(self) -> None:
        self.cluster = self.member.launch(f"{self.team}-{next(self.numbers)}", version=self.version)

    def work(self) -> None:
        self.cluster.run_workload("cpu_tasks", tasks=4, cpus=1, seconds=1)

    def wait(self) -> None:
        """Do nothing: the idle workers are to be drained."""

    def stop(self) -> None:
        self.cluster.press("stop")

    def start(self) -> None:
        self.cluster.press("start")

    def terminate(self) -> None:
        self.cluster.press("terminate")

    def runs(self) -> bool:
        nodes = self.cluster.nodes()
        return self.cluster.state == "running" and {n["state"] for n in nodes} == {"ready"}

    def has_worked(self) -> bool:
        return all(job["status"] in OVER for job in self.cluster.jobs())

    def is_calm(self) -> bool:
        return self.runs() and not self.cluster.nodes(role="worker")

    def is_stopped(self) -> bool:
        return self.cluster.state == "stopped" and not self.cluster.nodes()

    def is_terminated(self) -> bool:
        return self.cluster.state == "terminated" and not self.cluster.nodes()

    def has_failed(self) -> bool:
        return self.cluster.state == "failed" and not self.cluster.nodes()

    def is_over(self) -> bool:
        return self.cluster.state == "terminated"

    def spare_jobs(self) -> None:
        """Let what becomes of the jobs until now count for nothing: a fault has harmed them."""
        self.spared |= {job["id"] for job in self.cluster.jobs()}

    def failed_jobs(self) -> list[str]:
        """Return the jobs that a fault should not have touched, but did, with their cluster."""
        return [
            f"{job['submission_id']}: {job['status']} {job['message']}\n{self.cluster.describe()}"
            for job in self.cluster.jobs()
            if job["status"] not in {"SUCCEEDED", "PENDING", "RUNNING"}
            and job["id"] not in self.spared
        ]


class QuietLife(Life):
    """A cluster that runs from the beginning and has no work: fewer nodes of Ray start at a time.

    Ray gives a node 30 s to start. Four at once need longer where two cores do other work too.
    """

    def launch(self) -> None:
        """Launch its cluster, once."""
        if not hasattr(self, "cluster"):
            super().launch()
            eventually(self.runs, what=f"team {self.team}'s cluster runs", seen=self.described)

    def work(self) -> None:
        """Do nothing."""

    def described(self) -> str:
        return self.cluster.describe()


@dataclass(frozen=True)
class Phase:
    """One step of a life: what begins it, how long it usually takes, and when it has come true."""

    name: str
    begin: Callable[[Life], None]
    seconds: float
    converged: Callable[[Life], bool]


PHASES = (
    Phase("launch", methodcaller("launch"), 8, methodcaller("runs")),
    Phase("scale-out", methodcaller("work"), 12, methodcaller("has_worked")),
    Phase("drain", methodcaller("wait"), 6, methodcaller("is_calm")),
    Phase("stop", methodcaller("stop"), 4, methodcaller("is_stopped")),
    Phase("start", methodcaller("start"), 8, methodcaller("runs")),
    Phase("scale-out", methodcaller("work"), 12, methodcaller("has_worked")),
    Phase("terminate", methodcaller("terminate"), 5, methodcaller("is_terminated")),
)
