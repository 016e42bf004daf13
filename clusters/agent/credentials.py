"""Whose report this is, from the headers alone: nothing of the body is read for a stranger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from clusters.models import Cluster, Run
from clusters.nodes.tokens import hashed

CLUSTER_HEADER = "X-Mobula-Cluster"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")


class Credentials(NamedTuple):
    """What the headers of a report say of its sender."""

    token: str
    cluster: str = ""  # agents of earlier versions do not name their cluster in a header


class Sender(NamedTuple):
    """The cluster whose agent sent the report, and whether it speaks for the current run."""

    cluster: Cluster
    current: bool


def credentials(headers: Mapping[str, str]) -> Credentials | None:
    """Return the credentials in the headers; None for what cannot be those of any agent."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    cluster = headers.get(CLUSTER_HEADER, "")
    if scheme != "Bearer" or not _TOKEN.fullmatch(token):
        return None
    try:
        return Credentials(token, str(UUID(cluster)) if cluster else "")
    except ValueError:
        return None


def sender(given: Credentials | None) -> Sender | None:
    """Return who has these credentials; None when nobody does.

    The search is for a hash: how long it takes says nothing about another cluster's token.
    """
    if given is None:
        return None
    runs = Run.objects.select_related("cluster__run")
    run = runs.filter(agent_token_hash=hashed(given.token)).first()
    if run is None:
        return None
    if given.cluster and given.cluster != str(run.cluster_id):
        return None
    return Sender(run.cluster, current=run.pk == run.cluster.run_id)
