"""Situations that tests of a cluster start from: idle for minutes, with a job, older nodes."""

from datetime import timedelta

from django.utils.timezone import now

from accounts.models import User
from clusters.models import Cluster, Job, Node
from clusters.services import jobs
from clusters.workloads import WORKLOADS
from tests.clusters.head import Head

VALUES = {"tasks": 1.0, "cpus": 1.0, "seconds": 1.0}


def states(head: Head) -> list[str]:
    return [node.state for node in head.nodes()]


def reference_of(head: Head) -> object:
    from clusters.nodes.driver_refs import reference

    return reference(
        Cluster.objects.select_related("cloud", "image_version").get(pk=head.cluster.pk)
    )


def submit(head: Head, by: User) -> Job:
    return jobs.run_workload(head.cluster, WORKLOADS["cpu_tasks"], values=VALUES, by=by)


def idle_for(head: Head, minutes: int) -> None:
    head.idle = {node.name: 5.0 for node in head.nodes(role="head")}
    head.report()
    since = now() - timedelta(minutes=minutes)
    head.cluster.runs.update(idle_since=since)


def age(node: Node, **fields: timedelta) -> None:
    Node.objects.filter(pk=node.pk).update(**{key: now() - by for key, by in fields.items()})
