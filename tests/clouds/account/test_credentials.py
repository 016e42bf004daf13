"""Credentials of clouds: checked, sealed, replaced and removed, and never shown again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from accounts.errors import Invalid, WrongState
from accounts.models import AuditEntry, User
from clouds.bootstrap import bootstrap
from clouds.credentials import credentials_of
from clouds.drivers import account_of
from clouds.models import CatalogueRefresh, Cloud
from clouds.refreshing import refresh
from clouds.services import change_cloud, remove_credentials, set_credentials
from providers.base import BadCredentials, PriceAccess
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "canary/wJalrXUtnFEMI/K7MDENG"
ROLE = "arn:aws:iam::123456789012:role/mobula"
KEYS = {"access_key_id": KEY_ID, "secret_access_key": SECRET}
WRONG = [
    ({"role_arn": "mobula"}, "role_arn", "is not the ARN of a role"),
    ({"external_id": "x1"}, "external_id", "needs a role"),
    ({"role_arn": ROLE, "external_id": "a b"}, "external_id", "Use 2 to 1,224"),
    ({"access_key_id": "short", "secret_access_key": "s"}, "access_key_id", "'short'"),
    ({"access_key_id": KEY_ID}, "secret_access_key", "Enter the secret"),
    ({"secret_access_key": SECRET}, "access_key_id", "Enter the access key ID"),
    ({**KEYS, "profile": "prod"}, "profile", "not both"),
    ({"profile": "my profile"}, "profile", "'my profile'"),
]


@pytest.fixture
def cloud(adam: User) -> Cloud:
    return make_cloud("aws", provider="aws", region="us-east-1")


@pytest.mark.parametrize(("values", "field", "words"), WRONG)
def test_what_aws_would_refuse_is_refused_at_its_field(
    cloud: Cloud, adam: User, values: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        set_credentials(cloud, values=values, by=adam)
    assert [error.field for error in refusal.value.errors] == [field]
    assert words in refusal.value.errors[0].message
    cloud.refresh_from_db()
    assert cloud.sealed_credentials == ""


def test_they_are_what_the_driver_is_opened_with(cloud: Cloud, adam: User) -> None:
    before = account_of(cloud)
    assert before.credentials == {}
    changed = set_credentials(cloud, values={**KEYS, "role_arn": ROLE}, by=adam)
    account = account_of(changed)
    assert account.credentials == {**KEYS, "role_arn": ROLE}
    assert account != before  # another driver is opened
    assert SECRET not in repr(account)


def test_an_empty_secret_stays_and_goes_with_its_key(cloud: Cloud, adam: User) -> None:
    set_credentials(cloud, values=KEYS, by=adam)
    kept = set_credentials(cloud, values={"access_key_id": KEY_ID, "role_arn": ROLE}, by=adam)
    assert credentials_of(kept) == {**KEYS, "role_arn": ROLE}
    with pytest.raises(Invalid, match="Enter the secret access key"):
        set_credentials(cloud, values={"access_key_id": "AKIAOTHEROTHEROTHER1"}, by=adam)
    gone = set_credentials(cloud, values={"profile": "prod"}, by=adam)
    assert credentials_of(gone) == {"profile": "prod"}


def test_the_regions_prices_are_asked_for_with_them(
    cloud: Cloud, adam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[PriceAccess] = []

    def open_source(kind: object, *, access: PriceAccess) -> None:
        asked.append(access)
        raise BadCredentials("Enough.")

    monkeypatch.setattr("providers.registry.open_price_source", open_source)
    make_cloud("first", provider="aws", region="us-east-1")
    set_credentials(cloud, values=KEYS, by=adam)
    row = CatalogueRefresh.objects.create(provider="aws", region="us-east-1", started_at=now())
    refresh(row.pk, is_last_try=True)
    assert asked[0].credentials == KEYS
    row.refresh_from_db()
    assert row.message == "Enough."


def test_removed_they_are_gone(cloud: Cloud, adam: User) -> None:
    version = set_credentials(cloud, values=KEYS, by=adam).settings_version
    removed = remove_credentials(cloud, by=adam)
    assert (removed.sealed_credentials, removed.settings_version) == ("", version + 1)
    with pytest.raises(WrongState, match="has no credentials"):
        remove_credentials(cloud, by=adam)


def test_another_provider_does_not_get_them(cloud: Cloud, adam: User) -> None:
    set_credentials(cloud, values=KEYS, by=adam)
    changed = change_cloud(cloud, name="aws", provider="gcp", region="us-central1", by=adam)
    assert changed.sealed_credentials == ""
    with pytest.raises(WrongState, match="have no credentials"):
        set_credentials(cloud, values=KEYS, by=adam)


def test_no_row_holds_a_secret_in_clear(cloud: Cloud, adam: User) -> None:
    set_credentials(cloud, values=KEYS, by=adam)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cloud::text FROM clouds_cloud AS cloud")
        clouds = str(cursor.fetchall())
    assert KEY_ID not in clouds
    entry = AuditEntry.objects.filter(action="cloud.credentials_changed").get()
    told = str((clouds, entry.before, entry.after))
    assert SECRET not in told
    assert entry.after == {
        "access_key_id": KEY_ID,
        "secret_access_key": "set",
        "replaced": ["secret_access_key"],
    }


def test_another_cloud_cannot_open_them(cloud: Cloud, adam: User) -> None:
    mine = set_credentials(cloud, values=KEYS, by=adam)
    other = make_cloud("other", provider="aws", region="us-east-1")
    other.sealed_credentials = mine.sealed_credentials
    with pytest.raises(BadCredentials, match="Enter them again"):
        credentials_of(other)


def test_they_survive_a_new_key_of_the_installation(
    cloud: Cloud, adam: User, settings: Any
) -> None:
    set_credentials(cloud, values=KEYS, by=adam)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 48
    bootstrap()
    settings.SECRET_KEY_FALLBACKS = []
    cloud.refresh_from_db()
    assert credentials_of(cloud) == KEYS


def test_without_their_key_no_other_identity_is_used(
    cloud: Cloud, adam: User, settings: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    changed = set_credentials(cloud, values=KEYS, by=adam)
    settings.SECRET_KEY = "n" * 48
    bootstrap()
    assert "no key opens the credentials" in caplog.text
    with pytest.raises(BadCredentials, match="cloud aws cannot be read"):
        account_of(changed)
    client.force_login(adam)
    page = client.get(f"/clouds/{cloud.pk}/credentials/").content.decode()
    assert "cannot be read with this installation" in page
    client.post(f"/clouds/{cloud.pk}/credentials/", KEYS)
    cloud.refresh_from_db()
    assert credentials_of(cloud) == KEYS


def test_the_page_shows_no_secret(cloud: Cloud, adam: User, client: Client) -> None:
    client.force_login(adam)
    address = f"/clouds/{cloud.pk}/credentials/"
    answer = client.post(address, {**KEYS, "role_arn": "mobula"})
    assert answer.status_code == 422
    assert SECRET not in answer.content.decode()
    assert client.post(address, {**KEYS, "role_arn": ROLE}).status_code == 302
    page = client.get(address).content.decode()
    assert KEY_ID in page
    assert ROLE in page
    assert "A value is saved." in page
    assert SECRET not in page
    assert client.post(f"{address}remove/", follow=True).status_code == 200
    assert "A value is saved." not in client.get(address).content.decode()


def test_a_cloud_without_credentials_has_no_page_of_them(adam: User, client: Client) -> None:
    client.force_login(adam)
    k8s = make_cloud("k8s", provider="kubernetes", region="one")
    assert client.get(f"/clouds/{k8s.pk}/credentials/").status_code == 404
