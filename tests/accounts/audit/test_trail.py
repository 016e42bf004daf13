"""The trail keeps what it was told, and shows it to those who may read it."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import AuditEntry, FieldChange, SignInAttempt, Team, User
from accounts.queries.trail import changes_of
from accounts.services import record
from tests.accounts.conftest import signed_in

PAGE = reverse("accounts:audit")


def entries_of(response: Any) -> list[AuditEntry]:
    return [line.entry for line in response.context["table"].rows]


def text_of(response: Any) -> str:
    """Return the text of a download."""
    return str(response.getvalue().decode())


@pytest.fixture
def entry(alice: User, research: Team) -> AuditEntry:
    """Alice renamed research."""
    after = {"name": "Research"}
    return record(
        "team.renamed",
        actor=alice,
        team=research,
        subject=research,
        before={"name": "Search"},
        after=after,
    )


@pytest.fixture
def elsewhere(charlie: User, other: Team) -> AuditEntry:
    """Charlie did something in another team."""
    return record("cluster.launched", actor=charlie, team=other, subject=other)


def test_an_entry_keeps_the_name_of_its_subject(entry: AuditEntry, research: Team) -> None:
    found = (entry.subject_kind, entry.subject_id, entry.subject_name)
    assert found == ("team", str(research.pk), "Research")


def test_an_entry_lists_what_changed(research: Team) -> None:
    entry = record(
        "x", actor=None, subject=research, before={"a": 1, "b": 2}, after={"b": 2, "c": 3}
    )
    assert entry.changes() == [FieldChange("a", 1, None), FieldChange("c", None, 3)]


@pytest.mark.parametrize(
    "sql", ["UPDATE accounts_auditentry SET reason = 'x'", "DELETE FROM accounts_auditentry"]
)
def test_the_database_refuses_to_change_an_entry(entry: AuditEntry, sql: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert AuditEntry.objects.get() == entry


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_members_do_not_read_the_trail(request: pytest.FixtureRequest, who: str) -> None:
    response = signed_in(request.getfixturevalue(who)).get(PAGE)
    assert response.status_code == 403
    assert "Only team admins and installation admins" in response.text


def test_a_team_admin_reads_their_teams_trail_only(
    anna: User, entry: AuditEntry, elsewhere: AuditEntry
) -> None:
    page = signed_in(anna).get(PAGE).text
    assert "team.renamed" in page
    assert "cluster.launched" not in page


def test_the_admin_of_the_installation_reads_everything(
    adam: User, entry: AuditEntry, elsewhere: AuditEntry
) -> None:
    assert entries_of(signed_in(adam).get(PAGE)) == [elsewhere, entry]


@pytest.mark.parametrize(
    "only",
    [{"action": "team.renamed"}, {"actor": "alice@"}, {"actor": "ALICE"}, {"subject": "search"}],
)
@pytest.mark.usefixtures("elsewhere")
def test_the_address_filters_the_trail(adam: User, entry: AuditEntry, only: dict[str, str]) -> None:
    assert entries_of(signed_in(adam).get(PAGE, only)) == [entry]


def test_the_trail_is_filtered_by_day(adam: User, entry: AuditEntry) -> None:
    today = entry.at.date()
    for only, expected in (
        ({"since": today.isoformat()}, [entry]),
        ({"until": today.isoformat()}, [entry]),
        ({"since": (today + timedelta(days=1)).isoformat()}, []),
        ({"until": (today - timedelta(days=1)).isoformat()}, []),
    ):
        assert entries_of(signed_in(adam).get(PAGE, only)) == expected


def test_values_that_are_the_same_number_did_not_change() -> None:
    before = {"price": "0.004500", "limits": {"min": 1, "max": 2}, "spot": True}
    after = {"price": "0.0045", "limits": {"min": 1, "max": 4}, "spot": 1}
    assert changes_of(before, after) == [FieldChange("limits.max", "2", "4")]


def test_values_are_shown_as_people_read_them() -> None:
    digest = "cafb69ee606b" + 52 * "0"
    before = {"group": "cpu", "nodes": [], "on": False}
    after = {"group": "cpu", "nodes": ["a-1", "a-2"], "on": True, "cpus": 8.0, "digest": digest}
    shown = {c.field: (c.before, c.after) for c in changes_of(before, after | {"environment": ""})}
    assert shown == {
        "group": (None, "cpu"),  # whose the changed fields are
        "nodes": (None, "a-1, a-2"),
        "on": ("off", "on"),
        "cpus": (None, "8"),
        "digest": (None, "cafb69ee606b"),
    }


def test_a_lazily_loaded_user_is_a_user(adam: User) -> None:
    lazy = SimpleLazyObject(lambda: adam)
    assert record("user.password_set", actor=adam, subject=lazy).subject_kind == "user"  # type: ignore[arg-type]


def test_failed_sign_ins_are_grouped_and_shown_to_site_admins_only(adam: User, anna: User) -> None:
    for _ in range(3):
        SignInAttempt.objects.create(email="mallory@example.org", address="198.51.100.7")
    [failure] = signed_in(adam).get(PAGE).context["failures"]
    assert (failure.email, failure.count) == ("mallory@example.org", 3)
    response = signed_in(anna).get(PAGE)
    assert response.status_code == 200
    assert "mallory" not in response.text


def test_a_user_is_linked_for_those_who_may_open_the_page(adam: User, bob: User) -> None:
    record("user.activated", actor=adam, subject=bob)
    assert reverse("accounts:user", args=[bob.pk]) in signed_in(adam).get(PAGE).text


def test_the_menu_has_the_trail_only_for_those_who_may_read_it(
    anna: User, bob: User, adam: User
) -> None:
    home = reverse("accounts:account")
    assert PAGE in signed_in(adam).get(home).text
    assert PAGE in signed_in(anna).get(home).text
    assert PAGE not in signed_in(bob).get(home).text


def test_a_subject_is_found_by_its_id(adam: User, entry: AuditEntry, research: Team) -> None:
    assert entries_of(signed_in(adam).get(PAGE, {"subject": str(research.pk)})) == [entry]


@pytest.mark.parametrize(
    "query",
    [
        {"action": "no.such"},
        {"since": "yesterday"},
    ],
)
def test_a_nonsensical_address_is_answered_in_words(
    adam: User, entry: AuditEntry, query: dict[str, str]
) -> None:
    response = signed_in(adam).get(PAGE, query)
    assert response.status_code == 200
    assert 'role="alert"' in response.text


def test_a_filter_that_no_text_contains_is_refused_in_words(adam: User, entry: AuditEntry) -> None:
    response = signed_in(adam).get(PAGE, {"actor": "\0"})
    assert response.status_code == 400
    assert "The field &#x27;actor&#x27; has a NUL character" in response.text


@pytest.mark.parametrize("place", ["9" * 30, "x", "-1", "a:b"])
def test_a_place_that_is_none_shows_the_newest(adam: User, entry: AuditEntry, place: str) -> None:
    for query in ({"before": place}, {"after": place, "sort": "password"}):
        assert entries_of(signed_in(adam).get(PAGE, query)) == [entry]


def test_following_older_reads_every_entry_once(adam: User, research: Team) -> None:
    written = [record("x", actor=None, subject=research).pk for _ in range(120)]
    client, address, read = signed_in(adam), PAGE, list[int]()
    while True:
        context = client.get(address).context
        read += [line.entry.pk for line in context["table"].rows]
        if not context["table"].next_url:
            break
        # What happens meanwhile does not shift the pages.
        record("y", actor=None, subject=research)
        address = PAGE + context["table"].next_url
    assert read == written[::-1]


def test_a_page_takes_few_queries_however_long_it_is(adam: User, entry: AuditEntry) -> None:
    client = signed_in(adam)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        return len(queries)

    short = count()
    for _ in range(40):
        record("team.renamed", actor=entry.actor, team=entry.team, subject=adam)
    assert count() == short


def test_the_csv_has_what_the_filter_leaves(
    adam: User, entry: AuditEntry, elsewhere: AuditEntry
) -> None:
    response = signed_in(adam).get(PAGE, {"actor": "alice", "format": "csv"})
    assert response["Content-Type"].startswith("text/csv")
    [row] = csv.DictReader(text_of(response).splitlines())
    assert (row["actor"], row["action"]) == ("alice@example.org", "team.renamed")
    assert (row["before"], row["after"]) == ('{"name": "Search"}', '{"name": "Research"}')


def test_the_csv_starts_no_formula_in_a_spreadsheet(adam: User, research: Team) -> None:
    record("x", actor=adam, subject=research, reason="=HYPERLINK(1)")
    response = signed_in(adam).get(PAGE, {"format": "csv"})
    [row] = csv.DictReader(text_of(response).splitlines())
    assert row["reason"] == "'=HYPERLINK(1)"
