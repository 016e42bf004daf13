"""Who may reach JupyterLab of a workspace: one-time links, cookies, and what they are good for.

Mobula's own session never reaches the origin of a workspace. A link that is good once and for a
minute is exchanged there for a cookie of that workspace alone, which holds as long as the session
in Mobula that the link was made in, and for half a day at most.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from accounts.models import Session, User
from accounts.permissions import Action, may
from accounts.sealing import seal, unseal
from clusters.models import Workspace, WorkspaceTicket
from clusters.nodes.tokens import jupyter_token
from clusters.workspaces.shown import shown_state
from domain.lifecycle import ENDED_CLUSTER_STATES, ClusterState

TICKET_SECONDS = 60
COOKIE_SECONDS = 12 * 3600
_TICKET = "mobula.workspace-ticket"


@dataclass(frozen=True, slots=True)
class Guest:
    """Whose browser asks: a user, and the session in Mobula that it comes from."""

    user_id: int
    session: str  # the hash of its key


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where JupyterLab of a workspace listens, and what opens it."""

    url: str  # http://host:port
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Closed:
    """The workspace is the guest's, but nothing answers now; the reason is a sentence."""

    reason: str


def make_ticket(workspace: Workspace, guest: Guest) -> str:
    """Return what opens the workspace once, within a minute."""
    told = {"w": str(workspace.pk), "u": guest.user_id, "s": guest.session}
    return signing.dumps(told, salt=_TICKET)


def redeem(ticket: str, *, workspace_id: UUID) -> Guest | None:
    """Return who a ticket is for; None where it is no good any more, or opens another workspace."""
    try:
        told = signing.loads(ticket, salt=_TICKET, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    if told["w"] != str(workspace_id):
        return None
    try:
        with transaction.atomic():
            WorkspaceTicket.objects.create(digest=hashlib.sha256(ticket.encode()).hexdigest())
    except IntegrityError:
        return None
    return Guest(user_id=int(told["u"]), session=str(told["s"]))


def forget_tickets() -> int:
    """Remove what was noted of tickets that are no good any more by their age."""
    old = now() - timedelta(seconds=10 * TICKET_SECONDS)
    return WorkspaceTicket.objects.filter(used_at__lt=old).delete()[0]


def make_cookie(guest: Guest, *, workspace_id: UUID) -> str:
    """Return the sealed cookie of one browser for one workspace."""
    told = {"u": guest.user_id, "s": guest.session, "t": int(time.time())}
    content = json.dumps(told).encode()
    return seal(content, owner=_name(workspace_id), key=settings.SECRET_KEY)


def read_cookie(cookie: str, *, workspace_id: UUID) -> Guest | None:
    """Return whose cookie it is; None where it is none of this workspace's, or too old."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    try:
        content = unseal(cookie, owner=_name(workspace_id), keys=keys)
    except ValueError:
        return None
    if content is None:
        return None
    told = json.loads(content)
    if not 0 <= time.time() - told["t"] + 60 <= COOKIE_SECONDS + 60:
        return None
    return Guest(user_id=int(told["u"]), session=str(told["s"]))


def upstream_of(workspace_id: UUID, guest: Guest) -> Upstream | Closed | None:
    """Return where the guest's requests go; None where the workspace does not exist for them."""
    session = Session.objects.current().filter(key_hash=guest.session, user=guest.user_id)
    user = User.objects.filter(pk=guest.user_id, is_active=True).first()
    if user is None or not session.exists():
        return None
    rows = Workspace.objects.owned_by(user).select_related("team", "cluster__run")
    workspace = rows.filter(pk=workspace_id).first()
    if workspace is None or not may(user, Action.OPERATE, team=workspace.team):
        return None
    cluster = workspace.cluster
    if cluster is None or cluster.state != ClusterState.RUNNING:
        is_over = cluster is None or cluster.state in ENDED_CLUSTER_STATES
        next_step = "Start it, and open it again." if is_over else "Wait, or see its page."
        return Closed(f"The workspace {workspace} is {shown_state(workspace)}. {next_step}")
    if not cluster.run.jupyter_url:
        return Closed(f"JupyterLab of {workspace} is still starting.")
    return Upstream(url=cluster.run.jupyter_url, token=jupyter_token(cluster))


def _name(workspace_id: UUID) -> str:
    return f"workspace:{workspace_id}"
