"""Passwords: checked, changed, and never hashed while a database connection is held."""

from django.contrib.auth.hashers import make_password, verify_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.errors import FieldError, Outdated, raise_if_any
from accounts.models import User
from accounts.services.attempts import (
    Source,
    begin_attempt,
    counted_address,
    forget_attempts,
    refuse_too_many,
)
from accounts.services.audit import record
from accounts.services.hashing import hash_slots, release_connection
from accounts.services.known_browsers import KnownBrowser
from accounts.services.links import locked, void_links_of

PASSWORD_LENGTH = 1000
# Wrong current passwords on the account page, counted for all sessions of a person together.
_ACCOUNT_PAGE = "account-page"


@sensitive_variables("password")
def check_password(
    email: str, password: str, *, address: str, browser: KnownBrowser | None = None
) -> User | None:
    """Return the user whose email and password these are, or None.

    Raises `TooManyAttempts`, or `Busy`. An unknown email takes as long as a known one.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    is_known = user is not None and browser is not None and browser.user_id == user.pk
    device = browser.name if is_known and browser else ""
    source = Source(email, counted_address(address), device)
    refuse_too_many(source)
    with hash_slots.take(address=source.address, is_known=is_known):
        begin_attempt(source)
        release_connection()
        # Without a usable password, Django hashes something else for as long.
        is_right, is_old = verify_password(password, user.password if user else "")
        if user is not None and is_right and is_old:
            _hash_again(user, password)
    if user is None or not is_right:
        return None
    # As it is now: the wait may have been long.
    user = User.objects.filter(pk=user.pk, password=user.password, is_active=True).first()
    if user is not None:
        forget_attempts(source)
    return user


@sensitive_variables("current", "new")
def change_password(
    user: User, *, current: str, new: str, is_proved: bool, address: str = ""
) -> None:
    """Give `user` another password, who knows the current one or has just come by a link.

    Raises `Invalid`, `TooManyAttempts` or `Busy`.
    """
    wrong = _wrong_with(new, user)
    if is_proved or not user.has_usable_password():
        raise_if_any(wrong)
        set_password(user, password=new)
        return
    source = Source(user.email, counted_address(address), _ACCOUNT_PAGE)
    refuse_too_many(source)
    with hash_slots.take(address=source.address, is_known=True):
        begin_attempt(source)
        release_connection()
        if verify_password(current, user.password)[0]:
            forget_attempts(source)
        else:
            wrong.insert(0, FieldError("current", "Incorrect current password."))
        raise_if_any(wrong)
        _store(user, _hash(new))


@sensitive_variables("password")
def set_password(user: User, *, password: str) -> None:
    """Give `user` a new password; their sessions and unused links end. Raises `Busy`."""
    raise_if_any(_wrong_with(password, user))
    with hash_slots.take(address="", is_known=True):
        encoded = _hash(password)
    _store(user, encoded)


def _hash_again(user: User, password: str) -> None:
    """Keep the password as the present version of Django hashes it."""
    encoded = make_password(password)
    if User.objects.filter(pk=user.pk, password=user.password).update(password=encoded):
        user.password = encoded


def _hash(password: str) -> str:
    release_connection()
    return make_password(password)


@transaction.atomic
def _store(user: User, encoded: str) -> None:
    stored = locked(user)
    if stored.password != user.password:
        raise Outdated("The password was changed in another session. Reload the page.")
    user.password = encoded
    user.save(update_fields=["password"])
    void_links_of(user)
    user.sessions.all().delete()
    record("user.password_set", actor=user, subject=user)


def _wrong_with(password: str, user: User) -> list[FieldError]:
    if len(password) > PASSWORD_LENGTH:
        return [FieldError("new", f"Use at most {PASSWORD_LENGTH} characters.")]
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [FieldError("new", message) for message in error.messages]
    return []
