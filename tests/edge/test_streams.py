"""The log of a build as it comes: to everybody who watches, and at nobody's expense."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from accounts.models import Team, User
from domain.images.states import BuildState
from images.building.log import LogWriter
from images.models import Build, Image, ImageVersion
from mobula.edge.limits import MOST_STREAMS_EACH
from tests.edge.attacks import Server, seconds_of

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20.0


@pytest.fixture
def build(research: Team, alice: User) -> Build:
    image = Image.objects.create(name="train", team=research)
    version = ImageVersion.objects.create(
        image=image, number=1, source="dockerfile", state="building", dockerfile="FROM a:1\n"
    )
    return Build.objects.create(version=version, attempt=1, asked_by=alice, state="running")


def events(lines: Iterator[str]) -> Iterator[tuple[str, str, Any]]:
    """Yield the id, the name and the data of each event."""
    event: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        event[name] = value
        if line == "" and event.get("data"):
            yield event.get("id", ""), event.get("event", ""), json.loads(event["data"])
        if line == "":
            event = {}


def named(found: Iterator[tuple[str, str, Any]], name: str) -> tuple[str, Any]:
    """Return the id and the data of the next event of that name."""
    return next((one[0], one[2]) for one in found if one[1] == name)


def opened(http: httpx.Client, build: Build, stack: ExitStack, **headers: str) -> httpx.Response:
    request = http.stream(
        "GET", f"/images/builds/{build.pk}/stream/", timeout=PATIENCE, headers=headers
    )
    return stack.enter_context(request)


def test_lines_come_within_a_second_and_after_a_break_from_where_it_was(
    server: Server, session: Mapping[str, str], build: Build
) -> None:
    log = LogWriter(build)
    log.write(b"one\ntwo\n")
    log.flush()
    with server.http(session) as http:
        with ExitStack() as stack:
            answer = opened(http, build, stack)
            assert answer.headers["content-type"] == "text/event-stream"
            found = events(answer.iter_lines())
            last, data = named(found, "lines")
            assert (last, data) == ("8", {"lines": [[1, "one"], [2, "two"]]})
            log.write("<b>drei</b> é\n".encode())
            log.flush()
            began = time.monotonic()
            last, data = named(found, "lines")
            assert time.monotonic() - began < 2.0
            assert data == {"lines": [[3, "<b>drei</b> é"]]}
        log.write(b"four\nhalf")
        log.flush()
        with ExitStack() as stack:
            answer = opened(http, build, stack, **{"Last-Event-ID": last})
            found = events(answer.iter_lines())
            assert named(found, "lines")[1] == {"lines": [[4, "four"]]}
            log.flush(to_the_end=True)
            assert named(found, "lines")[1] == {"lines": [[5, "half"]]}
            Build.objects.filter(pk=build.pk).update(state=BuildState.SUCCEEDED)
            assert [one[1] for one in found][-2:] == ["state", "over"]


def test_streams_hold_no_slot_and_no_connection_of_the_database(
    server: Server, session: Mapping[str, str], build: Build
) -> None:
    log = LogWriter(build)
    log.say("one")
    with server.http(session) as http, ExitStack() as stack:
        http.get("/")  # the guard knows whose session it is
        found = []
        for _ in range(MOST_STREAMS_EACH):  # the database has eight connections
            found.append(events(opened(http, build, stack).iter_lines()))
            named(found[-1], "lines")
        assert opened(http, build, stack).status_code == 503
        assert max(seconds_of(http, "/") for _ in range(3)) < 5.0
        log.say("two")
        assert {str(named(one, "lines")[1]) for one in found} == {"{'lines': [[2, 'two']]}"}
    with server.http(session) as http:
        ends_at = time.monotonic() + PATIENCE
        while True:  # clients that went away are no longer counted
            with ExitStack() as stack:
                if opened(http, build, stack).status_code == 200:
                    break
            assert time.monotonic() < ends_at
            time.sleep(0.2)


def test_strangers_get_no_stream(server: Server, session: Mapping[str, str], build: Build) -> None:
    with server.http({}) as http:
        assert http.get(f"/images/builds/{build.pk}/stream/").status_code == 302
    Team.objects.filter(pk=build.version.image.team_id).update(slug="moved")
    with server.http(session) as http:
        assert http.get(f"/images/builds/{build.pk + 1}/stream/").status_code == 404


def test_a_database_that_goes_away_ends_streams_and_they_come_back(
    server: Server, session: Mapping[str, str], build: Build
) -> None:
    log = LogWriter(build)
    log.say("one")
    with server.http(session) as http:
        with ExitStack() as stack:
            found = events(opened(http, build, stack).iter_lines())
            last, _ = named(found, "lines")
            with server.database.broken():
                assert [one[1] for one in found if one[1] != "state"] == []
        log.say("two")
        ends_at = time.monotonic() + PATIENCE
        while True:
            with ExitStack() as stack:
                answer = opened(http, build, stack, **{"Last-Event-ID": last})
                if answer.status_code == 200:
                    assert named(events(answer.iter_lines()), "lines")[1]["lines"] == [[2, "two"]]
                    break
            assert time.monotonic() < ends_at
            time.sleep(0.5)
