"""Checks of a cloud before a cluster starts there, which are kept with the start."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from accounts.errors import FieldError
from accounts.models import User
from clouds import checking
from clouds.models import CloudCheck
from clusters import runs
from clusters.models import Cluster
from clusters.nodes.config import configuration_of
from configurations.launch_checks import Launchable
from configurations.models import Version
from configurations.preflight import Question, ask, checked_with, question_of, recent
from configurations.targets import target_for
from domain.configuration.spec import ComputeConfig

log = logging.getLogger(__name__)


def question_for(ready: Launchable, *, version: Version) -> Question | None:
    """Return what to ask before a launch; None of clouds that have no checks."""
    return question_of(
        ready.config,
        cloud=ready.cloud,
        target=ready.target,
        image=ready.image_version,
        team=version.template.team,
        subject=_subject(version, ready.environment),
    )


def failures_of(question: Question | None) -> Sequence[FieldError]:
    """Return what a launch now would certainly fail by, as far as a recent round found it."""
    check = recent(question) if question else None
    return [
        FieldError("", f"Check “{line.title}” failed: {line.sentence} {line.way_out}".rstrip())
        for line in (check.certain_failures if check else ())
    ]


def check_start(cluster: Cluster, question: Question | None, *, asked_by: User | None) -> None:
    """Have the start of a cluster checked and keep the round with it; nobody waits for answers.

    Call it in the transaction that begins the run.
    """
    if question is None:
        return
    check = recent(question) or ask(question, asked_by=asked_by)
    checking.keep(check)
    runs.note_checks(cluster, check)


def check_restart(cluster: Cluster, *, asked_by: User | None) -> None:
    """Do the same for a cluster that starts with what it has: its groups' sizes are its own."""
    if not checked_with(cluster.cloud):
        return
    try:
        question = question_of(
            _as_it_is(cluster),
            cloud=cluster.cloud,
            target=target_for(cluster.cloud),
            image=cluster.image_version,
            team=cluster.team,
            subject=_subject(cluster.version, cluster.environment),
        )
    except ValueError as error:  # the cloud has stopped to offer a type: the start says so itself
        log.info("start not checked", extra={"cluster": str(cluster.pk), "why": str(error)})
        return
    check_start(cluster, question, asked_by=asked_by)


def checks_of(cluster: Cluster) -> CloudCheck | None:
    """Return the round that is kept with the cluster's last start."""
    pk = cluster.run.checks_id
    rows = CloudCheck.objects.select_related("cloud", "asked_by")
    return rows.get(pk=pk) if pk else None


def _as_it_is(cluster: Cluster) -> ComputeConfig:
    config = configuration_of(cluster)
    rows = {row.name: row for row in cluster.groups.all()}
    groups = [
        group.model_copy(update={"min_nodes": row.min_nodes, "max_nodes": max(1, row.max_nodes)})
        if (row := rows.get(group.name))
        else group
        for group in config.groups
    ]
    return config.model_copy(update={"worker_nodes": tuple(groups)})


def _subject(version: Version, environment: str) -> str:
    return f"{version} for {environment}" if environment else str(version)
