"""Browsers of the people who ask for changes and approve them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User

type Browsers = Callable[[User], Client]


@pytest.fixture
def as_user() -> Browsers:
    """A function that returns the browser of somebody who is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in
