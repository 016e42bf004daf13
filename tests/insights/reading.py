"""How the tests of the insights pages open them and read what they answer."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User


def table_of(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(response.content.decode())))


def sign_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client
