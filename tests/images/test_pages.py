"""The page of base images: filters in the address, pages, a CSV, for whoever is signed in."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(bob: User) -> Client:
    """The browser of somebody who may only look."""
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def ask(client: Client) -> Callable[..., str]:
    """Ask the page for base images."""

    def asked(**wanted: object) -> str:
        answer = client.get(reverse("images:base-images"), wanted)
        assert answer.status_code == 200
        return answer.content.decode()

    return asked


def rows(shown: str) -> int:
    return shown.count('<th scope="row">')


def test_the_page_has_its_address() -> None:
    resolver = next(r for r in get_resolver().url_patterns if "images" in str(r))
    assert "base-images" in {pattern.name for pattern in resolver.url_patterns}


def test_nobody_is_sent_to_sign_in() -> None:
    address = reverse("images:base-images")
    answer = Client().get(address)
    assert answer.status_code == 302
    assert "/accounts/" in answer["Location"]


def test_stranger_to_every_team_sees_them_too(charlie: User) -> None:
    client = Client()
    client.force_login(charlie)
    assert client.get(reverse("images:base-images")).status_code == 200


def test_nothing_is_ever_posted(client: Client) -> None:
    assert client.post(reverse("images:base-images")).status_code == 405


def test_newest_come_first_and_a_page_is_not_too_long(ask: Callable[..., str]) -> None:
    shown = ask()
    assert "2,126 base images" in shown
    assert rows(shown) == 50
    assert "rayproject/ray:2.60.0-py310-cpu" in shown
    assert 'rel="next"' in shown
    assert 'rel="prev"' not in shown


def test_pages_follow_each_other_and_keep_the_filters(ask: Callable[..., str]) -> None:
    first = ask(repository="anyscale/ray")
    place = re.search(
        r'href="\?repository=anyscale%2Fray&amp;after=([^"#]+)#table-images" rel="next"', first
    )
    assert place
    shown = ask(repository="anyscale/ray", after=unquote(place[1]))
    assert 'rel="prev"' in shown
    assert rows(shown) == 50
    assert not set(uris(first)) & set(uris(shown))
    assert "rayproject/" not in shown.partition('id="results"')[2].replace("rayproject/ray</o", "")


def test_versions_are_sorted_as_numbers_and_any_order_is_answered(ask: Callable[..., str]) -> None:
    assert "ray:2.9." in uris(ask(sort="ray", q="2.9"))[0]
    assert "py314" in uris(ask(sort="-python"))[0]
    for sort in ("x", "-", "-image", "source"):
        assert rows(ask(sort=sort, after="x:y")) == 50


def uris(shown: str) -> list[str]:
    return re.findall(r'id="uri-\d+">([^<]+)<', shown)


def test_filters_meet(ask: Callable[..., str]) -> None:
    shown = ask(ray="2.49.1", python="3.12", cuda="cu128", repository="anyscale/ray", q="slim")
    assert "1 base image<" in shown
    assert ">anyscale/ray:2.49.1-slim-py312-cu128</code>" in shown
    assert "CUDA 12.8" in shown
    assert "2025-09-03" in shown
    assert "Listed" in shown


def test_address_can_be_copied(ask: Callable[..., str]) -> None:
    shown = ask(ray="2.60.0", python="3.12", cuda="tpu")
    assert 'data-copy="uri-1" aria-label="Copy rayproject/ray:2.60.0-py312-tpu"' in shown
    assert 'id="uri-1">rayproject/ray:2.60.0-py312-tpu<' in shown
    assert "Derived" in shown


def test_nothing_found_says_what_to_do(ask: Callable[..., str]) -> None:
    shown = ask(ray="2.8.0", python="3.14")
    assert "No matching base images" in shown
    assert "Clear filters" in shown


@pytest.mark.parametrize(
    "wanted", [{"ray": "9.9"}, {"cuda": "cu1"}, {"page": "x"}, {"page": "999"}, {"q": "<b>" * 50}]
)
def test_what_cannot_be_read_is_no_error(
    ask: Callable[..., str], wanted: dict[str, object]
) -> None:
    assert "Base images" in ask(**wanted)


def test_only_the_results_are_sent_while_typing(client: Client) -> None:
    address = reverse("images:base-images")
    answer = client.get(address, {"q": "llm"}, headers={"HX-Request": "true"}).content.decode()
    assert answer.strip().startswith('<div class="stack" id="results"')
    assert "9 base images" in answer


def test_csv_has_all_that_is_asked_for(ask: Callable[..., str]) -> None:
    found = list(csv.DictReader(ask(format="csv", ray="2.60.0", page=2).splitlines()))
    assert len(found) == 65
    first = found[0]
    assert first["uri"] == f"{first['repository']}:{first['tag']}"
    assert (first["ray_released"], first["quality"]) == ("2026-11-04", "derived")
    assert len(list(csv.DictReader(ask(format="csv").splitlines()))) == 2126


def test_page_asks_the_database_only_who_is_looking(ask: Callable[..., str]) -> None:
    ask()
    with CaptureQueriesContext(connection) as few:
        ask(q="no-such")
    with CaptureQueriesContext(connection) as many:
        ask()
    assert len(many) == len(few) <= 6
