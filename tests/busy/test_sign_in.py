"""A real web process whose pages stay quick while forty strangers sign in at the same time."""

import os
import statistics
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import SignInAttempt, User
from accounts.services import set_password
from accounts.services.known_browsers import COOKIE, new_browser
from tests.busy.sign_in_rush import WAITING, rush, web_process

PASSWORD = "nine rays over the reef"


@pytest.mark.django_db(transaction=True)
def test_pages_and_known_browsers_stay_quick_while_forty_people_sign_in(
    alice: User, tmp_path: Path
) -> None:
    set_password(alice, password=PASSWORD)
    client = Client()
    client.force_login(alice)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    database = urlsplit(os.environ["DATABASE_URL"])
    database = database._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {**os.environ, "DATABASE_URL": database.geturl()}
    signed_in: list[int] = []
    with web_process(environment, directory=tmp_path) as url:
        figures = rush(
            url,
            cookies=cookies,
            samples=7,
            meanwhile=lambda: signed_in.append(sign_in_again(url, alice)),
        )
    # On a machine that is busy with other work, a page takes longer anyway.
    assert statistics.median(figures.busy) < max(1.0, 4 * statistics.median(figures.idle))
    assert signed_in == [302]
    assert figures.statuses[WAITING] > 20, "Strangers still wait."
    assert set(figures.statuses) <= {WAITING, 200, 503}
    assert SignInAttempt.objects.count() < 20, "Who waits has not tried yet."
    addresses = SignInAttempt.objects.values_list("address", flat=True)
    assert all(address.startswith("203.0.113.") for address in addresses)


def sign_in_again(url: str, user: User) -> int:
    """Sign in with the right password in a browser in which that was done before."""
    cookies = {COOKIE: new_browser(user.pk).cookie}
    with httpx.Client(base_url=url, cookies=cookies, timeout=60) as browser:
        token = browser.get("/accounts/sign-in/").cookies["csrftoken"]
        answers = {"email": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
        headers = {"Referer": url, "X-Forwarded-For": "198.51.100.1"}
        return browser.post("/accounts/sign-in/", data=answers, headers=headers).status_code
