"""Credentials of registries after the installation's secret key was replaced."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Team
from images.models import Registry
from images.registries.credentials import credentials_of, reseal, sealed
from providers.errors import BadCredentials

pytestmark = pytest.mark.django_db
LOGIN = {"username": "robot", "password": "canary"}


@pytest.fixture
def registry(research: Team) -> Registry:
    row = Registry.objects.create(name="ours", team=research, kind="oci", host="r.example.org")
    row.sealed_credentials = sealed(row, LOGIN)
    row.save()
    return row


def test_credentials_are_sealed_again_with_the_new_key(registry: Registry, settings: Any) -> None:
    before = registry.sealed_credentials
    assert "canary" not in before
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "x" * 50
    assert reseal() == []
    registry.refresh_from_db()
    assert registry.sealed_credentials != before
    settings.SECRET_KEY_FALLBACKS = []
    assert credentials_of(registry) == LOGIN


def test_credentials_that_no_key_opens_are_told(registry: Registry, settings: Any) -> None:
    settings.SECRET_KEY = "another-key-" + "x" * 50
    settings.SECRET_KEY_FALLBACKS = []
    assert reseal() == [registry]
    with pytest.raises(BadCredentials, match=r"registry ours cannot be read .* Enter them again"):
        credentials_of(registry)


def test_credentials_of_one_registry_do_not_open_for_another(
    registry: Registry, research: Team
) -> None:
    other = Registry.objects.create(
        name="x", team=research, kind="oci", host="r.example.org",
        sealed_credentials=registry.sealed_credentials,
    )  # fmt: skip
    with pytest.raises(BadCredentials):
        credentials_of(other)
