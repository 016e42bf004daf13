"""One-time sign-in links: who may make one, and until when it signs somebody in.

A link is worth what its maker may do at the moment it is used, not at the moment it was made. All
who change what a link rests on (memberships, passwords, accounts) lock the person's row first, as
does the use of a link: whatever happens at the same time, one sees what the other did.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.errors import WrongState
from accounts.models import Membership, SignInLink, Team, User
from accounts.permissions import Action, may, may_make_link, may_use_link, require
from accounts.services.audit import record

LINK_LIFETIME = timedelta(hours=24)


class AccountDeactivated(WrongState):
    """The account cannot sign in until an admin activates it."""

    code = "account-deactivated"

    def __init__(self, user: User) -> None:
        super().__init__(
            f"The account {user.email} is deactivated. An installation admin can activate it on "
            "the Users page.",
            field="email",
        )


@transaction.atomic
def make_sign_in_link(user: User, *, by: User | None, team: Team | None = None) -> str:
    """Return the path of a link that signs `user` in once within 24 hours, and is shown once.

    `team` is the one whose admin makes it, and whose trail says so. Raises `AccountDeactivated`.
    """
    user = locked(user)
    if by is not None:  # None is Mobula itself
        _require_may_make_link(user, by=by, team=team)
    if not user.is_active:
        raise AccountDeactivated(user)
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        user=user,
        token_hash=_hash(token),
        created_by=by,
        # What an installation admin may do does not rest on a team.
        team=None if by is None or by.is_superuser else team,
        expires_at=timezone.now() + LINK_LIFETIME,
    )
    record("user.link_made", actor=by, team=team, subject=user)
    return reverse("accounts:link", args=[token])


def _require_may_make_link(user: User, *, by: User, team: Team | None) -> None:
    member = Membership.objects.filter(user=user, team=team).select_related("team", "user").first()
    if member is None:
        require(may(by, Action.MANAGE_INSTALLATION, team=None))
    else:
        require(may_make_link(by, member=member))


def user_of_link(token: str) -> User | None:
    """Return whom the link would sign in at this moment, without using it up."""
    link = _unused(token)
    return link.user if link and may_use_link(link) else None


@transaction.atomic
def consume_sign_in_link(token: str) -> User | None:
    """Return the user of a link that is still good and use it up, or None.

    Of two who try, one gets in. The other links of the user end, since the account is now in use.
    """
    link = _unused(token)
    if link is None:
        return None
    locked(link.user)
    _lock(link.user.sign_in_links.all())
    link = _unused(token)  # as it is now that nobody changes it
    if link is None or not may_use_link(link):
        return None
    user, now = link.user, timezone.now()
    SignInLink.objects.filter(pk=link.pk).update(used_at=now)
    user.last_login = now
    user.save(update_fields=["last_login"])
    void_links_of(user)
    record("user.link_used", actor=user, subject=user)
    return user


def _unused(token: str) -> SignInLink | None:
    links = SignInLink.objects.filter(token_hash=_hash(token), used_at=None)
    current = links.filter(expires_at__gt=timezone.now())
    return current.select_related("user", "created_by", "team").first()


def locked(user: User) -> User:
    """Return `user` as the database has it now, locked until the end of the transaction."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def void_links_of(user: User) -> None:
    """End the unused links that would sign `user` in."""
    _delete(user.sign_in_links.all())


def void_links_made_by(user: User, *, team: Team | None = None) -> None:
    """End the unused links that `user` made as admin of `team`; None: all of them."""
    links = user.created_sign_in_links.all()
    _delete(links if team is None else links.filter(team=team))


def _delete(links: QuerySet[SignInLink]) -> None:
    SignInLink.objects.filter(pk__in=_lock(links)).delete()


def _lock(links: QuerySet[SignInLink]) -> list[int]:
    # Always in this order: two that lock the same links do not wait for each other.
    rows = links.filter(used_at=None).order_by("pk").select_for_update()
    return [link.pk for link in rows]


def _hash(token: str) -> str:
    # The token has 256 random bits: a plain hash cannot be searched.
    return hashlib.sha256(token.encode()).hexdigest()
