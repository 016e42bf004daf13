"""How people get in: passwords, one-time links, and the wait after too many wrong passwords."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.errors import FieldError, ServiceError, raise_if_any
from accounts.models import Membership, SignInAttempt, SignInLink, Team, User
from accounts.permissions import Action, may, may_make_link, require
from accounts.queries import admin_can_sign_in
from accounts.services.audit import record

LINK_LIFETIME = timedelta(hours=24)
ATTEMPTS = 5
ATTEMPTS_WITHIN = timedelta(minutes=15)
PASSWORD_LENGTH = 1000
FIRST_ADMIN = "admin@localhost"


class TooManyAttempts(ServiceError):
    """Too many wrong passwords for this email from this address; try again `after`."""

    code = "too-many-attempts"
    status = 429

    def __init__(self, *, after: datetime) -> None:
        minutes = max(1, round((after - timezone.now()).total_seconds() / 60))
        super().__init__(
            f"{ATTEMPTS} failed sign-in attempts. Wait {minutes} min, "
            "or ask an admin for a sign-in link."
        )
        self.after = after


def check_password(email: str, password: str, *, address: str) -> User | None:
    """Return the user whose email and password these are, or None.

    Raises `TooManyAttempts`. The attempt is on record, and committed, before the slow check, so
    that guesses made at the same moment count each other.
    """
    email = email.strip().lower()
    now = timezone.now()
    SignInAttempt.objects.filter(at__lte=now - ATTEMPTS_WITHIN).delete()
    attempt = SignInAttempt.objects.create(email=email, address=address, at=now)
    attempts = SignInAttempt.objects.filter(email=email, address=address)
    times = list(attempts.order_by("at", "pk").values_list("at", flat=True))
    if len(times) > ATTEMPTS:
        attempt.delete()
        raise TooManyAttempts(after=times[0] + ATTEMPTS_WITHIN)
    user = authenticate(username=email, password=password)
    if user is not None:
        attempts.delete()
    return user


@transaction.atomic
def change_password(user: User, *, current: str, new: str, is_proved: bool) -> None:
    """Give `user` another password, who knows the current one or has just come by a link.

    Raises `Invalid`.
    """
    wrong = []
    if user.has_usable_password() and not is_proved and not user.check_password(current):
        wrong.append(FieldError("current", "Incorrect current password."))
    raise_if_any([*wrong, *_wrong_with(new, user)])
    set_password(user, password=new)


@transaction.atomic
def set_password(user: User, *, password: str) -> None:
    """Give `user` a new password; their other sessions and unused links end."""
    raise_if_any(_wrong_with(password, user))
    user.set_password(password)
    user.save(update_fields=["password"])
    user.sign_in_links.filter(used_at=None).delete()
    record("user.password_set", actor=user, subject=user)


def _wrong_with(password: str, user: User) -> list[FieldError]:
    if len(password) > PASSWORD_LENGTH:
        return [FieldError("new", f"Use at most {PASSWORD_LENGTH} characters.")]
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [FieldError("new", message) for message in error.messages]
    return []


@transaction.atomic
def make_sign_in_link(user: User, *, by: User | None, team: Team | None = None) -> str:
    """Return the path of a link that signs `user` in once within 24 hours, and is shown once.

    `team` is the one whose admin makes it, and whose trail says so.
    """
    if by is not None:  # None is Mobula itself
        _require_may_make_link(user, by=by, team=team)
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        user=user,
        token_hash=_hash(token),
        created_by=by,
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
    """Return whom the link would sign in, without using it up."""
    links = SignInLink.objects.filter(used_at=None, expires_at__gt=timezone.now())
    link = links.filter(token_hash=_hash(token), user__is_active=True).select_related("user")
    return next((link.user for link in link), None)


@transaction.atomic
def consume_sign_in_link(token: str) -> User | None:
    """Return the user of an unused link and use it up, or None: of two who try, one gets it."""
    now = timezone.now()
    # The condition stays on this table's own columns: PostgreSQL checks those again after waiting
    # for the other one's update, but not a join.
    links = SignInLink.objects.filter(token_hash=_hash(token))
    if not links.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    user = links.select_related("user").get().user
    if not user.is_active:
        return None
    record("user.link_used", actor=user, subject=user)
    return user


@transaction.atomic
def first_admin() -> User:
    """Return the longest-standing admin of the installation, made when there is none."""
    admin = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if admin is None:
        admin = User.objects.create_superuser(FIRST_ADMIN)
        record("user.created", actor=None, subject=admin, after={"email": admin.email})
    return admin


def create_first_admin() -> str | None:
    """Return a sign-in path for the first admin, or None once an admin has set a password."""
    return None if admin_can_sign_in() else make_sign_in_link(first_admin(), by=None)


def _hash(token: str) -> str:
    # The token has 256 random bits: a plain hash cannot be searched.
    return hashlib.sha256(token.encode()).hexdigest()
