"""A machine shows the token of its user data, once, and gets what its node needs."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from clusters.agent import bounds
from clusters.agent.boot.keys import has_ended
from clusters.models import Node, NodeJoin
from clusters.models.event import EventSeverity
from clusters.nodes.tokens import agent_token, hashed, ray_token
from clusters.transitions import note
from domain.events import EventKind
from domain.lifecycle import NodeRole

# The answer may get lost: so long, the machine that got it may ask for it again.
AGAIN = timedelta(minutes=15)
_SECRET = re.compile(r"[0-9a-f]{64}")
_MOST_DIGITS = 6

log = logging.getLogger(__name__)


class Rejected(Exception):
    """The machine gets nothing; `status` is what HTTP calls it, `retry_after` in seconds."""

    def __init__(self, status: int, sentence: str, *, retry_after: int = 0) -> None:
        super().__init__(sentence)
        self.status, self.retry_after = status, retry_after


def join(token: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Exchange a join token for the node's name and tokens; raises Rejected.

    `body` has the machine's `index` in its batch, its `address`, its `instance` id, and the
    `secret` that it made itself and will be known by.
    """
    index, address, secret = _read(body)
    with transaction.atomic():
        rows = NodeJoin.objects.select_for_update(of=("self",)).select_related(
            "node__cluster__run", "node__cluster__image_version"
        )
        grant = rows.filter(token_hash=hashed(token), index=index).first()
        if grant is None:
            raise Rejected(401, "Unknown join token, or no machine of this number in its batch.")
        if refusal := _refusal(grant, address=address, secret=secret):
            _note_another(grant, refusal, address=address)
        else:
            _use(grant, address=address, secret=secret, instance=body.get("instance"))
    if refusal:
        raise refusal
    return _answer(grant.node)


def _read(body: Mapping[str, Any]) -> tuple[int, str, str]:
    index, secret = str(body.get("index", "0")), str(body.get("secret", ""))
    if not (index.isascii() and index.isdigit() and len(index) <= _MOST_DIGITS):
        raise Rejected(400, "index is not a number. Send the machine's number in its batch.")
    if not _SECRET.fullmatch(secret):
        raise Rejected(400, "secret is not 64 hexadecimal digits.")
    try:
        address = str(ipaddress.ip_address(str(body.get("address", ""))))
    except ValueError:
        raise Rejected(400, "address is not an IP address. Send the machine's own.") from None
    return int(index), address, secret


def _refusal(grant: NodeJoin, *, address: str, secret: str) -> Rejected | None:
    """Return why this machine gets nothing, or gets nothing yet."""
    node = grant.node
    if has_ended(node):
        return Rejected(410, f"Node {node.name} has ended.")
    if grant.used_at:
        is_same = grant.key_hash == hashed(secret) and grant.address == address
        if not is_same or now() - grant.used_at > AGAIN:
            return Rejected(403, f"The join token of {node.name} was used already.")
    elif grant.expires_at < now():
        return Rejected(403, f"The join token of {node.name} has expired.")
    if not node.address:
        return Rejected(409, f"The provider does not list {node.name} yet.", retry_after=3)
    if node.address != address:
        return Rejected(403, f"{node.name} has another address.")
    if node.role == NodeRole.WORKER and not node.cluster.run.gcs_address:
        return Rejected(409, "The head node has no address yet.", retry_after=3)
    return None


def _note_another(grant: NodeJoin, refusal: Rejected, *, address: str) -> None:
    """Say in the cluster's history, once for each node, that another machine used its token."""
    if refusal.status != 403 or grant.rejected_at:
        return
    node = grant.node
    NodeJoin.objects.filter(pk=grant.pk).update(rejected_at=now())
    log.warning("join rejected", extra={"node": node.name, "why": str(refusal)})
    note(
        node.cluster,
        f"A machine at {address} was not accepted as {node.name}: {refusal}",
        kind=EventKind.NODE_JOIN_REJECTED,
        fields={"node": node.name, "address": address},
        severity=EventSeverity.WARNING,
    )


def _use(grant: NodeJoin, *, address: str, secret: str, instance: object) -> None:
    if grant.used_at:
        return
    grant.used_at, grant.key_hash, grant.address = now(), hashed(secret), address
    grant.instance = bounds.text(instance, most=100)
    grant.save(update_fields=["used_at", "key_hash", "address", "instance"])


def _answer(node: Node) -> dict[str, Any]:
    cluster, ray = node.cluster, ray_token(node.cluster)
    is_head = node.role == NodeRole.HEAD
    agent = {
        "cluster": str(cluster.pk),
        "run": cluster.run.number,
        "token": agent_token(cluster),
        "ray_token": ray or None,
    }
    return {
        "node": node.name,
        "head": "" if is_head else cluster.run.gcs_address,
        "ray_token": ray,
        "agent": agent if is_head else None,
    }
