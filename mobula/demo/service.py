"""Write the sample team, and remove it again without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Team, User
from clouds.models import Cloud
from clusters.models import Cluster, Node
from configurations.models import Draft, Template, Version
from images.models import Image, ImageVersion
from metering import windows
from metering.ledger import post
from metering.models import (
    ClusterUse,
    CostAccount,
    CostDay,
    CostHour,
    CostScopeDay,
    CostTeamDay,
    Intake,
    Interval,
    MeteredCluster,
)
from mobula.demo.promotions import write_promotions
from mobula.demo.rows import NO_ADDRESS, write_clusters, write_team
from mobula.demo.sample import BATCH
from mobula.demo.templates import AWS, GCP
from mobula.demo.troubles import write_troubles
from mobula.demo.usage import write_usage
from promotions.models import ChangeRequest, Environment, Release

type Say = Callable[[str], None]
_MEASURED = ("metering_rollup_1m", "metering_rollup_5m", "metering_rollup_1h", "metering_rollup_1d")
_IMMUTABLE = (
    ("configurations_version", "version_is_immutable"),
    ("images_imageversion", "image_version_is_immutable"),
)


def create(*, now: datetime, days: int, say: Say) -> None:
    """Write the sample team up to `now`, in the place of an earlier one.

    The tables' owner runs it: what came before is removed, also what no one else may delete.
    """
    remove(say=say)
    with transaction.atomic():
        team = write_team(now)
        samples = write_clusters(team, now=now, days=days)
        say(f"{len(samples)} clusters are written.")
        write_promotions(team, now=now)
        write_usage(samples, now=now)
        nodes = [node for sample in samples for node, _, _ in sample.nodes]
        nodes += write_troubles(samples, now=now)
        Interval.objects.bulk_create(map(_interval, nodes), batch_size=BATCH)
    say("The cost of each hour is computed.")
    post(now)
    windows.refresh(now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@transaction.atomic
def remove(*, say: Say) -> bool:
    """Remove the sample team and all that belongs to it; return whether there was one."""
    team = Team.objects.filter(is_sample=True).first()
    if team is None:
        return False
    clusters = Cluster.objects.filter(team=team)
    _remove_measured(list(clusters.values_list("pk", flat=True)), team=team)
    people = list(User.objects.filter(memberships__team=team, email__endswith=NO_ADDRESS))
    Node.objects.filter(cluster__in=clusters).delete()
    clusters.delete()
    _remove_promotions(team)
    Draft.objects.filter(team=team).delete()
    with _versions_may_go():
        Version.objects.filter(template__team=team).delete()
        ImageVersion.objects.filter(image__team=team).delete()
    Template.objects.filter(team=team).delete()
    Image.objects.filter(team=team).delete()
    Cloud.objects.filter(name__in=(AWS, GCP), teams=team).delete()
    team.delete()
    User.objects.filter(pk__in=[user.pk for user in people]).delete()
    say("The sample team is removed.")
    return True


def _remove_promotions(team: Team) -> None:
    """Remove environments, requests and releases, which point at each other."""
    requests = ChangeRequest.objects.filter(team=team)
    requests.update(base=None, rolls_back=None)
    Release.objects.filter(team=team).delete()
    requests.delete()
    Environment.objects.filter(team=team).delete()


def _remove_measured(clusters: Sequence[UUID], *, team: Team) -> None:
    """Remove what metering knows by the ids of these clusters."""
    for model in (CostAccount, CostDay, CostHour, Interval, Intake, ClusterUse, MeteredCluster):
        model.objects.filter(cluster_id__in=clusters).delete()
    for of_team in (CostTeamDay, CostScopeDay):
        of_team.objects.filter(team_id=team.pk).delete()
    with connection.cursor() as cursor:
        for table in _MEASURED:
            cursor.execute(
                f"DELETE FROM {table} WHERE cluster_id = ANY(%s)",  # noqa: S608 - of constants
                [list(clusters)],
            )
        for step in ("1m", "5m", "1h", "1d"):
            cursor.execute(f"DELETE FROM metering_team_{step} WHERE team_id = %s", [team.pk])  # noqa: S608 - of constants


@contextmanager
def _versions_may_go() -> Iterator[None]:
    """Let versions be deleted until the end of the transaction, which only their owner can do.

    The locks keep everyone else from writing to the tables meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no change may wait for its checks
        for table, trigger in _IMMUTABLE:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, trigger in _IMMUTABLE:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _interval(node: Node) -> Interval:
    """Return what the ledger knows of a node; nothing is posted yet."""
    cluster, began = node.cluster, node.requested_at
    return Interval(
        node=node.name,
        cluster_id=cluster.pk,
        cluster_name=cluster.name,
        team_id=cluster.team_id,
        template_id=cluster.version.template_id,
        template_name=cluster.version.template.name,
        owner_id=cluster.owner_id,
        owner_name=str(cluster.owner),
        group=node.group.name,
        role=node.role,
        instance_type=node.group.instance_type,
        market=node.market,
        vcpus=node.group.vcpus,
        memory_bytes=node.group.memory_bytes,
        gpus=node.group.gpus,
        hourly_microusd=node.hourly_microusd,
        started_at=began,
        ready_at=node.ready_at,
        leaving_at=node.draining_at,
        ended_at=node.ended_at,
        posted_until=began,
    )
