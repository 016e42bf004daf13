"""Tables: every order walks over every row once, forward and back, while rows come and go."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Lower
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Team, User
from tables.choice import COOKIE, chosen_columns
from tables.columns import Column, Table
from tables.keyset import place_of
from tables.pages import order_of, page_of, sorted_rows

PEOPLE = Table(
    name="people",
    order="email",
    size=3,
    columns=(
        Column(key="email", label="Email", value=lambda u: u.email, sort="email", is_heading=True),
        Column(key="name", label="Name", value=lambda u: u.name, sort=Lower("name")),
        Column(key="seen", label="Last sign-in", value=lambda u: u.last_login, sort="last_login"),
        Column(key="age", label="Created", value=lambda u: u.created_at, sort="pk"),
        Column(key="theme", label="Theme", value=lambda u: u.theme, is_hidden=True),
    ),
)
NUMBERS = Table(
    name="numbers",
    order="value",
    size=3,
    columns=(Column(key="value", label="Value", value=lambda n: n, sort=lambda n: n or None),),
)
ORDERS = [f"{sign}{key}" for sign in ("", "-") for key in ("email", "name", "seen", "age")]


def request_for(address: str = "", **cookies: str) -> HttpRequest:
    request = RequestFactory().get(f"/{address}")
    request.COOKIES.update(cookies)
    return request


def walk(table: Table, rows: Any, address: str, *, back: bool = False) -> tuple[list[Any], str]:
    """Follow the links from an address to the end; return the rows and the last address."""
    found: list[Any] = []
    for _ in range(50):
        page = page_of(request_for(address), table, rows, identity=lambda row: row)
        found = [*page.rows, *found] if back else [*found, *page.rows]
        url = page.previous_url if back else page.next_url
        if not url:
            return found, address
        address = url
    raise AssertionError("The pages have no end.")


class WalkTests(TestCase):
    @given(
        people=st.lists(
            st.tuples(st.sampled_from(["", "a", "A", "b", "ä"]), st.sampled_from([None, 1, 2, 3])),
            max_size=11,
        ),
        order=st.sampled_from(ORDERS),
    )
    def test_pages_hold_every_row_once_in_order_forward_and_back(
        self, people: list[tuple[str, int | None]], order: str
    ) -> None:
        User.objects.bulk_create(
            User(
                email=f"p{number}@example.org",
                name=name,
                last_login=None if day is None else f"2026-01-0{day}T00:00:00Z",
            )
            for number, (name, day) in enumerate(people)
        )
        rows = User.objects.all()
        expected = list(sorted_rows(request_for(f"?sort={order}"), PEOPLE, rows))
        forward, end = walk(PEOPLE, rows, f"?sort={order}")
        assert forward == expected
        backward, _ = walk(PEOPLE, rows, end, back=True)
        assert backward[: len(expected)] == expected or backward == expected
        seen = [user.last_login is None for user in expected]
        if order.endswith("seen"):
            assert seen == sorted(seen), "Rows without a value come last in both directions."


@pytest.mark.django_db
def test_rows_that_come_in_move_no_page() -> None:
    for number in range(6):
        User.objects.create(email=f"m{number}@example.org")
    first = page_of(request_for(), PEOPLE, User.objects.all())
    User.objects.create(email="a@example.org")
    User.objects.filter(email="m2@example.org").delete()
    second = page_of(request_for(first.next_url), PEOPLE, User.objects.all())
    assert [user.email[:2] for user in second.rows] == ["m3", "m4", "m5"]


@pytest.mark.django_db
def test_a_place_of_another_order_or_from_nowhere_shows_the_first_page() -> None:
    for number in range(5):
        User.objects.create(email=f"m{number}@example.org")
    page = page_of(request_for(), PEOPLE, User.objects.all())
    place = QueryDict(page.next_url[1:])["after"]
    assert place_of(place, order="-name") is None
    for text in (place, "x", "\0", "e30:x"):
        request = request_for()
        request.GET = QueryDict(mutable=True)
        request.GET.update({"sort": "-name", "after": text})
        assert len(page_of(request, PEOPLE, User.objects.all()).rows) == 3


def test_headings_keep_the_filters_and_start_at_the_first_page() -> None:
    page = page_of(request_for("?q=x&sort=value&after=y&part=live"), NUMBERS, [3, 1, 2])
    assert [heading.url for heading in page.headings] == ["?q=x&sort=-value"]
    assert page.headings[0].direction == "ascending"
    assert page.csv_url == "?q=x&sort=value&format=csv"


def test_rows_in_memory_have_pages_too_and_gaps_last() -> None:
    rows = [5, 0, 3, 8, 1, 7, 2]
    assert walk(NUMBERS, rows, "?sort=-value")[0] == [8, 7, 5, 3, 2, 1, 0]
    found, end = walk(NUMBERS, rows, "?sort=value")
    assert found == [1, 2, 3, 5, 7, 8, 0]
    assert walk(NUMBERS, rows, end, back=True)[0][-7:] == found


def test_unknown_columns_do_not_sort() -> None:
    assert order_of(request_for("?sort=password"), PEOPLE).name == "email"
    assert order_of(request_for("?sort=theme"), PEOPLE).name == "email"


def test_columns_are_chosen_by_a_cookie() -> None:
    def keys(cookie: str) -> list[str]:
        request = request_for(**{COOKIE: cookie})
        return [column.key for column in chosen_columns(request, PEOPLE)]

    assert keys("") == ["email", "name", "seen", "age"]
    assert keys("other.a|people.theme") == ["email", "theme"]
    assert keys("people.") == ["email"]
    assert keys("people.<b>|\0") == ["email", "name", "seen", "age"]


def test_csv_has_all_columns() -> None:
    assert PEOPLE.header == ["email", "name", "seen", "age", "theme"]
    team = Team(name="x")
    table = Table(
        name="teams",
        order="name",
        columns=(
            Column(
                key="name",
                label="Name",
                value=lambda row: row.name,
                csv={"team": lambda row: row.name, "slug": lambda row: row.slug},
            ),
        ),
    )
    assert [table.header, *table.lines([team])] == [["team", "slug"], ["x", ""]]
