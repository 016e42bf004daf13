"""A real web process whose pages stay quick while forty strangers sign in at the same time."""

import os
import statistics
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import SignInAttempt, User
from tests.e2e.sign_in_rush import rush, web_process


@pytest.mark.django_db(transaction=True)
def test_pages_stay_quick_while_forty_people_sign_in(alice: User, tmp_path: Path) -> None:
    client = Client()
    client.force_login(alice)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    database = urlsplit(os.environ["DATABASE_URL"])
    database = database._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {**os.environ, "DATABASE_URL": database.geturl()}
    with web_process(environment, directory=tmp_path) as url:
        figures = rush(url, cookies=cookies, samples=7)
    # On a machine that is busy with other work, a page takes longer anyway.
    assert statistics.median(figures.busy) < max(1.0, 4 * statistics.median(figures.idle))
    assert set(figures.statuses) <= {0, 200, 503}
    assert SignInAttempt.objects.count() < 40, "Who waits has not tried yet."
    addresses = SignInAttempt.objects.values_list("address", flat=True)
    assert all(address.startswith("203.0.113.") for address in addresses)
