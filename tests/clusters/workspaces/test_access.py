"""Who may reach JupyterLab, as the database says."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.core import signing
from django.utils.timezone import now

from accounts.models import Membership, Session
from accounts.sessions import key_hash
from clusters.models import Run, WorkspaceTicket
from clusters.nodes.tokens import jupyter_token, secrets_of
from clusters.services.workspaces.operating import share_workspace
from clusters.workspaces import access, addresses
from clusters.workspaces.access import Closed, Guest, Upstream, upstream_of

if TYPE_CHECKING:
    from accounts.models import User
    from clusters.models import Workspace
    from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def guest(user: User, key: str = "a key") -> Guest:
    """Return a browser in which the user is signed in."""
    Session.objects.get_or_create(key_hash=key_hash(key), user=user, defaults={"contents": ""})
    return Guest(user.pk, key_hash(key))


@pytest.fixture
def alices(workspace: Workspace, alice: User) -> Guest:
    return guest(alice)


def test_the_owner_gets_to_the_head(workspace: Workspace, head: Head, alices: Guest) -> None:
    head.cluster.refresh_from_db()
    found = upstream_of(workspace.pk, alices)
    assert found == Upstream(head.cluster.run.jupyter_url, jupyter_token(head.cluster))
    assert found.url.startswith("http://")


def test_the_token_is_shown_nowhere(head: Head, alices: Guest) -> None:
    token = jupyter_token(head.cluster)
    assert token in secrets_of(head.cluster)
    assert token not in repr(upstream_of(head.cluster.workspace_id, alices))  # type: ignore[arg-type]


def test_each_start_has_a_token_of_its_own(workspace: Workspace, head: Head, alice: User) -> None:
    from clusters.services.workspaces.creating import start_workspace
    from clusters.services.workspaces.operating import stop_workspace

    first = jupyter_token(head.cluster)
    stop_workspace(workspace, by=alice)
    head.pass_by()
    head.pass_by()
    workspace.refresh_from_db()
    assert jupyter_token(start_workspace(workspace, by=alice)) != first


def test_teammates_and_admins_do_not_get_there(
    workspace: Workspace, alice: User, bob: User, charlie: User
) -> None:
    from accounts.models import User as Users

    share_workspace(workspace, is_shared=True, by=alice)
    for user in (bob, charlie, Users.objects.create_superuser("root@example.org")):
        assert upstream_of(workspace.pk, guest(user, str(user))) is None


def test_access_ends_with_the_session(workspace: Workspace, alices: Guest) -> None:
    assert upstream_of(workspace.pk, alices)
    Session.objects.all().delete()
    assert upstream_of(workspace.pk, alices) is None


def test_a_session_of_somebody_else_is_none(
    workspace: Workspace, alice: User, charlie: User
) -> None:
    theirs = guest(charlie, "their key")
    assert upstream_of(workspace.pk, Guest(alice.pk, theirs.session)) is None


def test_access_ends_with_the_account_the_membership_and_the_workspace(
    workspace: Workspace, alice: User, alices: Guest
) -> None:
    alice.is_active = False
    alice.save()
    assert upstream_of(workspace.pk, alices) is None
    alice.is_active = True
    alice.save()
    Membership.objects.filter(user=alice).update(role="viewer")
    assert upstream_of(workspace.pk, alices) is None
    Membership.objects.filter(user=alice).update(role="engineer")
    assert upstream_of(workspace.pk, alices)
    type(workspace).objects.update(removed_at=now())
    assert upstream_of(workspace.pk, alices) is None


def test_without_a_server_the_owner_is_told_why(
    workspace: Workspace, head: Head, alice: User, alices: Guest
) -> None:
    Run.objects.update(jupyter_url="")
    assert upstream_of(workspace.pk, alices) == Closed("JupyterLab of lab is still starting.")
    head.cluster.refresh_from_db()
    type(head.cluster).objects.update(state="stopped")
    found = upstream_of(workspace.pk, alices)
    assert found == Closed("The workspace lab is stopped. Start it, and open it again.")
    type(head.cluster).objects.update(state="starting")
    assert upstream_of(workspace.pk, alices) == Closed(
        "The workspace lab is starting. Wait, or see its page."
    )


def test_a_ticket_is_good_once(workspace: Workspace, alices: Guest) -> None:
    ticket = access.make_ticket(workspace, alices)
    assert access.redeem(ticket, workspace_id=workspace.pk) == alices
    assert access.redeem(ticket, workspace_id=workspace.pk) is None


def test_a_ticket_opens_no_other_workspace_and_is_not_used_up_there(
    workspace: Workspace, alices: Guest
) -> None:
    ticket = access.make_ticket(workspace, alices)
    assert access.redeem(ticket, workspace_id=uuid.uuid4()) is None
    assert access.redeem(ticket, workspace_id=workspace.pk) == alices


@pytest.mark.parametrize("ticket", ["", "nonsense", "a:b:c"])
def test_a_forged_ticket_opens_nothing(workspace: Workspace, ticket: str) -> None:
    assert access.redeem(ticket, workspace_id=workspace.pk) is None
    assert not WorkspaceTicket.objects.exists()


def test_a_ticket_is_good_for_a_minute(
    workspace: Workspace, alices: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = access.make_ticket(workspace, alices)
    later = signing.time.time() + access.TICKET_SECONDS + 2
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert access.redeem(ticket, workspace_id=workspace.pk) is None


def test_used_tickets_are_forgotten_once_they_are_too_old_to_work(
    workspace: Workspace, alices: Guest
) -> None:
    from datetime import timedelta

    access.redeem(access.make_ticket(workspace, alices), workspace_id=workspace.pk)
    assert access.forget_tickets() == 0
    WorkspaceTicket.objects.update(used_at=now() - timedelta(hours=1))
    assert access.forget_tickets() == 1


def test_a_cookie_outlives_a_change_of_the_key_and_not_its_removal(
    workspace: Workspace, alices: Guest, settings: Any
) -> None:
    old = settings.SECRET_KEY
    cookie = access.make_cookie(alices, workspace_id=workspace.pk)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 5, [old]
    assert access.read_cookie(cookie, workspace_id=workspace.pk) == alices
    settings.SECRET_KEY_FALLBACKS = []
    assert access.read_cookie(cookie, workspace_id=workspace.pk) is None


@pytest.mark.parametrize("cookie", ["", "x", "abc.zz", "abc.00"])
def test_a_forged_cookie_is_nobody_s(workspace: Workspace, cookie: str) -> None:
    assert access.read_cookie(cookie, workspace_id=workspace.pk) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://*.localhost:8001", "{id}.localhost:8001"),
        ("https://*.ws.example.org", "{id}.ws.example.org"),
        ("https://ws.example.org", "ws.example.org"),
    ],
)
def test_a_workspace_is_at_its_own_host(
    workspace: Workspace, settings: Any, url: str, host: str
) -> None:
    settings.WORKSPACES_URL = url
    own = host.format(id=workspace.pk.hex)
    path = f"/workspaces/{workspace.pk}/api/x"
    assert addresses.asked_for(own, path) == (workspace.pk, "/api/x")
    assert addresses.asked_for(own.upper(), path) == (workspace.pk, "/api/x")
    for wrong in ("127.0.0.1:8000", "", f"{'0' * 32}.localhost:8001"):
        assert addresses.asked_for(wrong, path) is None
    for wrong in ("/", "/workspaces/", f"/workspaces/{workspace.pk}", "/clusters/"):
        assert addresses.asked_for(own, wrong) is None
