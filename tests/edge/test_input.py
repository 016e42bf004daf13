"""Nothing that can be written into an address or a form leads to a 500.

The routes are those of the URL configuration; the fields are all names that any view or form reads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.timezone import now

from accounts.models import User
from clusters.models import Job
from promotions.environments import saved_environments
from promotions.models import ChangeRequest
from tests.clusters.head import Head

ROOT = Path(__file__).parents[2]
APPS = ("accounts", "clouds", "clusters", "configurations", "images", "insights", "promotions")
READ = re.compile(
    r"""(?:GET|POST|data|query|cleaned_data|parameters)(?:\.get|\.getlist)?[(\[]"(\w+)"|"""
    r"""^    (\w+) = (?:forms\.)?\w+(?:Field|Choice)\(""",
    re.MULTILINE,
)
VALUES: dict[str, bytes] = {
    "nul": b"a\0b",
    "huge": b"1" + b"0" * 30,
    "beyond int64": str(2**63).encode(),
    "beyond int32": str(2**31).encode(),
    "negative": b"-1",
    "endless": b"9" * 5_000,
    "infinite": b"1e999",
    "not a number": b"nan",
    "surrogate": b"\xed\xa0\x80",
    "invalid": b"\xff\xfe",
    "foreign digits": "٣²".encode(),
    "long": b"x" * 5_000,
    "date": b"99999-12-31T99:99",
    "first day": b"0001-01-01",
    "last day": b"9999-12-31",
    "open bracket": b"http://[",
}
USUAL = [value for name, value in VALUES.items() if name not in {"nul", "endless"}]
FORM = "application/x-www-form-urlencoded"
TURNS = int(os.environ.get("MOBULA_TEST_TURNS", "1"))
pytestmark = pytest.mark.django_db


def fields() -> list[str]:
    names: set[str] = set()
    for app in APPS:
        for file in (ROOT / app).rglob("*.py"):
            names |= {one or other for one, other in READ.findall(file.read_text())}
    return sorted(names)


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern)


ROUTES = sorted(set(routes(get_resolver().url_patterns)) - {"agent/v1/sync"})


@pytest.fixture
def client(alice: User) -> Client:
    """alice, who may do everything here."""
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(pk=alice.pk))
    return client


@pytest.fixture
def known(head: Head) -> Mapping[str, str]:
    """What exists, by the converter and name of a route's part."""
    job = Job.objects.create(cluster=head.cluster, run=head.cluster.run, submission_id="j1")
    template = head.cluster.version.template
    prod = next(e for e in saved_environments(template.team) if e.name == "prod")
    ChangeRequest.objects.create(
        pk=template.pk,  # the routes of changes have the same name for it
        team=template.team,
        template=template,
        version=head.cluster.version,
        environment=prod,
        author=head.cluster.owner,
        title="More.",
        expires_at=now() + timedelta(days=1),
    )
    return {
        "uuid:pk": str(head.cluster.pk),
        "int:job_id": str(job.pk),
        "int:pk": str(template.pk),
        "int:number": "1",
        "str:group": "cpu",
        "str:key": "cpu_tasks",
        "slug:key": "single-node",
        "slug:environment": "prod",
        "table:table": "events",
        "bulk:operation": "stop",
        "str:token": "token",
    }


def filled(route: str, known: Mapping[str, str]) -> str:
    return "/" + re.sub(r"<([^>]+)>", lambda part: known.get(part[1], "1"), route)


@pytest.mark.parametrize("turn", range(TURNS))
def test_no_value_of_a_field_leads_to_a_500(
    client: Client,
    known: Mapping[str, str],
    turn: int,
) -> None:
    """Each field of each route has another value in each turn."""
    faults = []
    for place, route in enumerate(ROUTES):
        values = islice(cycle(USUAL), place * 5 + turn * 7, None)
        content = urlencode(list(zip(fields(), values, strict=False)))
        address = filled(route, known)
        answers = (
            client.get(f"{address}?{content}"),
            client.post(address, content, content_type=FORM),
        )
        faults += [address for answer in answers if answer.status_code >= 500]
        if route.startswith("accounts/"):
            client.force_login(User.objects.get(email="alice@example.org"))
    assert not faults


@pytest.mark.parametrize("name", ["nul", "endless"])
def test_what_no_view_can_use_is_refused_in_every_field(
    client: Client,
    known: Mapping[str, str],
    name: str,
) -> None:
    content = urlencode({"anything": VALUES[name]})
    for route in ROUTES:
        address = filled(route, known)
        codes = {
            client.get(f"{address}?{content}").status_code,
            client.post(address, content, content_type=FORM).status_code,
        }
        assert codes == {400}, address


@pytest.mark.parametrize("name", ["nul", "huge", "beyond int32", "negative", "long"])
def test_no_part_of_an_address_leads_to_a_500(
    client: Client,
    known: Mapping[str, str],
    name: str,
) -> None:
    value = quote(VALUES[name][:2_000])
    faults = []
    for route in ROUTES:
        for part in re.findall(r"<([^>]+)>", route):
            address = filled(route, {**known, part: value})
            faults += [address] if client.get(address).status_code >= 500 else []
    assert not faults


HEADERS = {
    "Cookie": ['mobula-session="\\000abcdefgh"', "csrftoken=" + "x" * 20_000, "=;;=", "a=" * 900],
    "HX-Current-URL": ["http://[", "%00", "\xff"],
    "HX-Target": ["%00", "\xff"],
    "Referer": ["http://[", "https://127.0.0.1:99999999/"],
    "Origin": ["http://[", "null", "https://127.0.0.1:x"],
    "Range": ["bytes=" + "9" * 5_000 + "-", "bytes=-1-1", "bytes=5-1", "lines=1-2"],
    "If-Modified-Since": ["Fri, 99 Zzz 99999 99:99:99 GMT", "9" * 5_000],
    "If-None-Match": ['"', "W/"],
    "Accept-Encoding": ["gzip;q=nan", ",;q=1e999"],
    "Accept-Language": ["x" * 10_000, "-,-;q=9"],
    "Content-Type": ["multipart/form-data", "text/plain; charset=\xff", "a; charset=utf-16", ";"],
    "Host": ["[", "a_b", "127.0.0.1:99999999", "\xff"],
    "X-Forwarded-For": ["x" * 300, "%00", ","],
    "Authorization": ["Bearer \xff", "Bearer"],
}


@pytest.mark.parametrize("header", HEADERS)
def test_no_header_leads_to_a_500(client: Client, header: str) -> None:
    for value in HEADERS[header]:
        for address in ("/", "/static/img/mobula.svg", "/accounts/sign-in/", "/clusters/launch/"):
            answers = (
                client.get(address, headers={header: value}),
                client.post(address, "a=b", content_type=FORM, headers={header: value}),
            )
            assert max(answer.status_code for answer in answers) < 500, (address, value)
