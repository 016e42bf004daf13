"""The audit page: what a request did, exact resources, downloads, and the state of the chain."""

import csv
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse
from django.utils.timezone import now

from accounts.chain.checking import check
from accounts.chain.sealing import seal
from accounts.models import AuditCheck, AuditEntry, AuditSeal, Team, User
from accounts.origin import Origin, caused_by
from accounts.services import record
from accounts.views import audit_export
from tests.accounts.audit.test_trail import entries_of, text_of
from tests.accounts.conftest import signed_in

PAGE = reverse("accounts:audit")
REQUEST = "0f" * 16


@pytest.fixture
def caused(alice: User, research: Team) -> list[AuditEntry]:
    """Two entries of one request, from an address."""
    with caused_by(Origin(request_id=REQUEST, address="203.0.113.9")):
        return [
            record("team.renamed", actor=alice, team=research, subject=research),
            record("member.invited", actor=alice, team=research, subject=alice),
        ]


def test_a_request_leads_to_all_that_it_did(
    adam: User, research: Team, caused: list[AuditEntry]
) -> None:
    record("cluster.launched", actor=adam, team=research, subject=research)
    page = signed_in(adam).get(PAGE)
    assert f"{PAGE}?request={REQUEST}" in page.text
    assert "203.0.113.9" in page.text
    assert entries_of(signed_in(adam).get(PAGE, {"request": REQUEST})) == caused[::-1]


def test_a_kind_and_an_id_name_one_resource_exactly(
    adam: User, alice: User, research: Team
) -> None:
    Team.objects.filter(pk=research.pk).update(name=f"Team {alice.pk}")
    research.refresh_from_db()
    record("team.renamed", actor=adam, team=research, subject=research)
    ours = record("user.changed", actor=adam, subject=alice)
    only = {"kind": "user", "subject": str(alice.pk)}
    page = signed_in(adam).get(PAGE, only)
    assert entries_of(page) == [ours]
    assert 'name="kind"' in page.text  # the next filter keeps it


def test_a_person_is_found_by_the_name_that_they_had(
    adam: User, alice: User, research: Team
) -> None:
    alice.name = "Alice Liddell"
    entry = record("team.renamed", actor=alice, team=research, subject=research)
    User.objects.filter(pk=alice.pk).update(name="Alice Hargreaves")
    page = signed_in(adam).get(PAGE, {"actor": "liddell"})
    assert entries_of(page) == [entry]
    assert "Alice Liddell" in page.text


def test_json_lines_have_whole_entries(adam: User, caused: list[AuditEntry]) -> None:
    record("x", actor=None, subject=adam, before={"a": 1}, after={"a": [2, "é"]})
    response = signed_in(adam).get(PAGE, {"format": "jsonl"})
    assert response["Content-Type"] == "application/jsonl; charset=utf-8"
    newest, *others = map(json.loads, text_of(response).splitlines())
    assert (newest["before"], newest["after"], newest["actor"]) == ({"a": 1}, {"a": [2, "é"]}, None)
    assert [other["request"] for other in others] == [REQUEST, REQUEST]
    assert others[0]["address"] == "203.0.113.9"


def test_a_download_has_only_what_its_reader_may_read(
    anna: User, charlie: User, other: Team, caused: list[AuditEntry]
) -> None:
    record("cluster.launched", actor=charlie, team=other, subject=other)
    for kind in ("csv", "jsonl"):
        text = text_of(signed_in(anna).get(PAGE, {"format": kind}))
        assert "team.renamed" in text
        assert "cluster.launched" not in text


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads of at most seven rows, three at a time."""
    monkeypatch.setattr(audit_export, "_CHUNK", 3)
    monkeypatch.setattr(audit_export, "MOST_ROWS", 7)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("sort", ["time", "-time"])
@pytest.mark.parametrize("rows", [2, 3, 6, 7, 8, 12])
def test_a_download_reads_the_trail_in_pieces_and_says_where_it_ends(
    adam: User, research: Team, sort: str, rows: int
) -> None:
    written = [record("x", actor=None, subject=research).pk for _ in range(rows)]
    query = {"format": "jsonl", "sort": sort}
    lines = [json.loads(line) for line in text_of(signed_in(adam).get(PAGE, query)).splitlines()]
    assert ("notice" in lines[-1]) == (rows > 7)
    ids = [line["id"] for line in lines if "id" in line]
    assert ids == (written if sort == "time" else written[::-1])[:7]


@pytest.mark.usefixtures("small")
def test_a_server_with_an_event_loop_streams_the_pieces(adam: User, research: Team) -> None:
    for _ in range(8):
        record("x", actor=None, subject=research)

    async def pieces() -> list[str]:
        client = AsyncClient()
        await client.aforce_login(adam)
        response: Any = await client.get(PAGE, {"format": "csv"})
        return [piece.decode() async for piece in response.streaming_content]

    read = async_to_sync(pieces)()
    assert len(read) == 1 + 3 + 1
    *rows, last = csv.DictReader("".join(read).splitlines())
    assert len(rows) == 7
    assert last["at"].startswith("Only the first")


def test_site_admins_see_how_far_the_chain_is(
    adam: User, anna: User, caused: list[AuditEntry]
) -> None:
    seal()
    check(now())
    record("x", actor=adam, team=caused[0].team, subject=adam)
    page = signed_in(adam).get(PAGE).text
    digest = bytes(AuditSeal.objects.get(position=2).digest).hex()
    assert "Until row 2 of " in page
    assert "1 not sealed yet" in page
    assert digest in page
    assert digest not in signed_in(anna).get(PAGE).text


def test_a_broken_chain_is_an_alarm_for_site_admins(adam: User, caused: list[AuditEntry]) -> None:
    AuditCheck.objects.create(
        started_at=now(), finished_at=now(), digest=b"", problem="Row 4 was changed."
    )
    page = signed_in(adam).get(PAGE).text
    assert "The audit log is not as it was written." in page
    assert "Row 4 was changed." in page
