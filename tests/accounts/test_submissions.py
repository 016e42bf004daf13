"""Forms that the page's script sends: the answer names the next page, and nothing is used up."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db
SENT = {"X-Submission": "1"}


def test_the_next_page_is_named_and_its_messages_stay_for_it(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    page = reverse("accounts:account")
    answer = client.post(page, {"name": "Alice", "theme": "dark"}, headers=SENT)
    assert (answer.status_code, answer.headers["Location"]) == (204, page)
    assert "Account saved." in client.get(page).text


def test_a_refused_form_is_answered_with_its_page(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    answer = client.post(reverse("accounts:account"), {"theme": "plaid"}, headers=SENT)
    assert answer.status_code == 422
    assert "field-errors" in answer.text


def test_somebody_who_is_signed_out_is_told_so_and_led_nowhere(db: None) -> None:
    answer = Client().post(reverse("accounts:account"), {"name": "Alice"}, headers=SENT)
    assert answer.status_code == 401
    assert not {"Location", "HX-Redirect"} & set(answer.headers)
