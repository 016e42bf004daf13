"""Accounts switched off and on by an admin of the installation."""

from django.db import transaction

from accounts.errors import Invalid, WrongState
from accounts.models import User
from accounts.permissions import Action, may, may_deactivate, require
from accounts.services.audit import record
from accounts.services.links import locked, void_links_made_by, void_links_of

REASON_LENGTH = 500


class LastInstallationAdmin(WrongState):
    """The installation would be left without an admin who can sign in."""

    code = "last-installation-admin"

    def __init__(self, user: User) -> None:
        super().__init__(f"{user} is the last installation admin and cannot be deactivated.")


@transaction.atomic
def deactivate_user(user: User, *, reason: str, by: User) -> None:
    """Switch the account off: its sessions end now, and so do links for it and made by it.

    Raises `LastInstallationAdmin`.
    """
    require(may_deactivate(by, user=user))
    reason = _checked(reason)
    if user.is_superuser:
        _keep_an_admin(user)
    stored = locked(user)
    if not stored.is_active:
        raise WrongState(f"The account of {user} is already deactivated.")
    stored.is_active = False
    stored.save(update_fields=["is_active"])
    void_links_of(stored)
    void_links_made_by(stored)
    stored.sessions.all().delete()
    _record("user.deactivated", stored, reason=reason, by=by)


@transaction.atomic
def activate_user(user: User, *, reason: str, by: User) -> None:
    """Switch the account on again; the person signs in with their password as before."""
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    reason = _checked(reason)
    stored = locked(user)
    if stored.is_active:
        raise WrongState(f"The account of {user} is already active.")
    stored.is_active = True
    stored.save(update_fields=["is_active"])
    # A sign-in that was under way when the account was switched off left a session behind.
    stored.sessions.all().delete()
    _record("user.activated", stored, reason=reason, by=by)


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid.at("reason", "Enter a reason. It is shown in the audit log.")
    if len(reason) > REASON_LENGTH:
        raise Invalid.at("reason", f"Use at most {REASON_LENGTH} characters.")
    return reason


def _keep_an_admin(user: User) -> None:
    # The lock makes two admins who deactivate each other take turns.
    admins = User.objects.filter(is_superuser=True).order_by("pk").select_for_update(no_key=True)
    if not any(admin.is_active for admin in admins if admin != user):
        raise LastInstallationAdmin(user)


def _record(action: str, user: User, *, reason: str, by: User) -> None:
    active = {"active": user.is_active}
    before = {"active": not user.is_active}
    record(action, actor=by, subject=user, before=before, after=active, reason=reason)
