"""What the tests of people and teams share."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Membership, Team, User
from accounts.roles import Role
from tests.cast import make_member

PASSWORD = "nine rays over the reef"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Hash passwords fast: a slow hash is Django's to test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def anna(research: Team) -> User:
    """The only admin of research."""
    return make_member("anna", team=research, role=Role.ADMIN)


@pytest.fixture
def bobs_membership(bob: User) -> Membership:
    return bob.memberships.get()


def signed_in(user: User) -> Client:
    """Return a browser in which `user` is signed in."""
    client = Client()
    client.force_login(user)
    return client
