"""A new installation and its way in."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Team, User
from accounts.services import create_first_admin, set_password
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def bootstrap(capsys: pytest.CaptureFixture[str]) -> dict[str, str | None]:
    call_command("bootstrap")
    answer: dict[str, str | None] = json.loads(capsys.readouterr().out)
    return answer


def test_a_new_installation_has_an_admin_with_a_link_and_a_team(
    capsys: pytest.CaptureFixture[str], client: Client
) -> None:
    way_in = bootstrap(capsys)
    assert way_in["email"] == "admin@localhost"
    assert client.post(str(way_in["sign_in_path"])).status_code == 302
    admin = User.objects.get()
    assert admin.is_superuser
    assert admin.memberships.get().team == Team.objects.get(name="Default")


def test_each_start_prints_a_link_until_a_password_is_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = bootstrap(capsys), bootstrap(capsys)
    assert None not in {first["sign_in_path"], second["sign_in_path"]}
    set_password(User.objects.get(), password=PASSWORD)
    assert bootstrap(capsys) == {"sign_in_path": None, "email": "admin@localhost"}


def test_a_second_start_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap(capsys)
    Team.objects.update(name="Renamed")
    bootstrap(capsys)
    assert [team.name for team in Team.objects.all()] == ["Renamed"]
    assert User.objects.count() == 1


def test_a_member_with_a_password_does_not_lock_the_admin_out(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    assert create_first_admin() is not None


def test_the_operator_can_let_somebody_back_in(
    alice: User, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sign_in_link", "Alice@example.org")
    client.post(capsys.readouterr().out.strip())
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_an_unknown_email_gets_no_link() -> None:
    with pytest.raises(CommandError, match=r"No active account with the email nobody@example\.org"):
        call_command("sign_in_link", "nobody@example.org")
