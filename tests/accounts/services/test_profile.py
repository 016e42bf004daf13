"""Name, theme and password: what users say about themselves."""

from __future__ import annotations

import pytest

from accounts.errors import Invalid
from accounts.models import User
from accounts.services import change_password, change_profile, set_password
from tests.accounts.conftest import PASSWORD


@pytest.mark.parametrize(
    ("name", "theme", "field"), [("x" * 121, "auto", "name"), ("Alice", "pink", "theme")]
)
def test_profile_that_cannot_be_is_refused(alice: User, name: str, theme: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        change_profile(alice, name=name, theme=theme, time_zone="")
    assert refusal.value.field == field
    assert (alice.name, alice.theme) == ("Alice", "auto")


def test_another_password_takes_the_current_one(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    with pytest.raises(Invalid, match="Incorrect current password") as refusal:
        change_password(alice, current="x", new="short", is_proved=False)
    assert {error.field for error in refusal.value.errors} == {"current", "new"}
    assert alice.check_password(PASSWORD)


def test_link_proves_who_it_is(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    change_password(alice, current="", new=f"{PASSWORD} again", is_proved=True)
    assert alice.check_password(f"{PASSWORD} again")


@pytest.mark.parametrize("password", ["short", "password1", "x" * 1001])
def test_weak_password_is_never_set(alice: User, password: str) -> None:
    with pytest.raises(Invalid):
        set_password(alice, password=password)
    assert not alice.has_usable_password()
