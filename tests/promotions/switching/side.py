"""What the loops and the heads of two clusters do during a switch, done here and now."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from clusters import following, switching
from clusters.models import Cluster, Job, Run, Switch
from configurations.models import Version
from domain.promotions.states import RequestState
from promotions.models import ChangeRequest, Rollout
from promotions.services.requests import request_change
from tests.clusters.head import Head
from tests.promotions.steps import carry_on, changed

HEAD = "head_node:\n  instance_type: small"


class Side(Head):
    """The head of a cluster that is replaced, or that replaces one."""

    def turn(self) -> None:
        """Let its agent report, and the reconcile loop pass."""
        self.report()
        self.pass_by()

    def rests(self) -> None:
        """Let it be without work for some minutes."""
        self.idle = {
            node.name: 120.0 for role in ("head", "worker") for node in self.nodes(role=role)
        }
        self.turn()
        Run.objects.filter(pk=self.cluster.run_id).update(idle_since=now() - timedelta(minutes=2))

    def has_job(self, name: str = "training") -> Job:
        """Let a job run on it."""
        self.cluster.refresh_from_db()
        return Job.objects.create(
            cluster=self.cluster, run=self.cluster.run, submission_id=name, status="RUNNING"
        )

    @property
    def name(self) -> str:
        """The cluster's name now."""
        self.cluster.refresh_from_db()
        return self.cluster.name


def brought_up(cluster: Cluster) -> Side:
    """Have the cluster run, with the workers that it must have."""
    side = Side(cluster)
    side.pass_by()
    for _ in range(3):
        side.turn()
    assert side.state == "running"
    return side


def other_head(version: Version) -> Version:
    """The next version, with a larger head: a cluster that runs cannot follow it."""
    return changed(version, find=HEAD, replace=HEAD.replace("small", "large"))


def released(version: Version, *, strategy: str = "switch", title: str = "More.") -> ChangeRequest:
    """The request that released `version` in dev, whose clusters are still to be brought there."""
    request = carry_on(
        request_change(
            version, environment="dev", title=title, strategy=strategy, by=version.author
        )
    )
    assert request.state == RequestState.APPLYING, request.steps.last()
    return request


def stepped(request: ChangeRequest) -> ChangeRequest:
    """Have each loop take one step of the request; return it as it is then."""
    following.step(request.pk)
    for switch in switching.due():
        switching.advance(switch)
    return carry_on(request)


def begun(request: ChangeRequest) -> Side:
    """Have the new cluster of the request launched."""
    stepped(request)
    new = switch_of(request).new
    assert new is not None
    return Side(new)


def switched(request: ChangeRequest) -> Side:
    """Have the new cluster of the request come up and take over."""
    new = brought_up(begun(request).cluster)
    stepped(request)
    assert switch_of(request).state == "switched"
    return new


def switch_of(request: ChangeRequest) -> Switch:
    return Switch.objects.select_related("old", "new").get(request=request)


def rollout(request: ChangeRequest) -> Rollout:
    return request.rollouts.get()
