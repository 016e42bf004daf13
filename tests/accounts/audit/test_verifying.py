"""Whatever is changed, removed, inserted or swapped is found, and named by its row."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from accounts.chain.digests import FIELDS
from accounts.chain.sealing import seal
from accounts.chain.verifying import verify
from accounts.models import AuditEntry, AuditSeal
from tests.accounts.audit.conftest import ROWS, tampering, verified

pytestmark = pytest.mark.django_db
quickly = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
rows = st.integers(0, ROWS - 1)
numbers = st.integers(1, 2**40)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
values = texts | numbers | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
json = st.none() | st.dictionaries(texts, values).map(Jsonb)
# The columns of an entry by its fields, with their types and what each may be changed to.
CHANGES: dict[str, tuple[str, str, st.SearchStrategy[Any]]] = {
    "id": ("id", "bigint", numbers),
    "at": ("at", "timestamptz", st.datetimes().filter(lambda at: 2 < at.year < 9999)),
    "actor": ("actor_id", "bigint", st.none() | numbers),
    "team": ("team_id", "bigint", st.none() | numbers),
    "before": ('"before"', "jsonb", json),
    "after": ('"after"', "jsonb", json),
    **{
        name: (name, "text", texts)
        for name in (
            *("action", "actor_name", "reason", "request_id", "address"),
            *("subject_kind", "subject_id", "subject_name"),
        )
    },
}
SEAL = {
    "position": ("bigint", numbers),
    "entry_id": ("bigint", numbers),
    "entry_at": ("timestamptz", st.datetimes().filter(lambda at: 2 < at.year < 9999)),
    "at": ("timestamptz", st.datetimes().filter(lambda at: 2 < at.year < 9999)),
    "version": ("smallint", st.integers(0, 9)),
    "content": ("bytea", st.binary(min_size=32, max_size=32)),
    "digest": ("bytea", st.binary(min_size=32, max_size=32)),
}


def test_an_untouched_trail_holds(entries: list[AuditEntry]) -> None:
    report = verified()
    assert (report.rows, report.position, report.unsealed, report.late) == (ROWS, ROWS, 0, 0)
    assert report.digest == bytes(AuditSeal.objects.get(position=ROWS).digest)


def test_every_column_is_in_the_digests() -> None:
    assert {field.name for field in AuditEntry._meta.fields} == set(FIELDS) == set(CHANGES)
    assert {field.name for field in AuditSeal._meta.fields} == set(SEAL)


@pytest.mark.parametrize("name", FIELDS)
@given(data=st.data())
@quickly
def test_a_changed_field_is_found(
    entries: list[AuditEntry], name: str, data: st.DataObject
) -> None:
    row, (column, kind, new) = data.draw(rows), CHANGES[name]
    value, entry = data.draw(new), entries[row]
    assume(name != "id" or value not in {entry.pk for entry in entries})
    with tampering() as run:
        changed = run(_update("accounts_auditentry", column, kind, key="id"), value, entry.pk)
        problem = verify().problem
    assume(changed)
    if name == "id":  # one is gone, and another is there
        assert "is missing" in problem or "was inserted" in problem
    else:
        assert problem.startswith(f"Row {row + 1} (entry {entry.pk} of ")
        assert problem.endswith(" was changed.")


@given(row=rows)
@quickly
def test_a_number_that_differs_only_in_how_it_is_written_is_found(
    entries: list[AuditEntry], row: int
) -> None:
    with tampering() as run:
        assume(
            run(
                """UPDATE accounts_auditentry SET "before" = jsonb_set("before", '{price}', '0.10')
                   WHERE id = %s AND "before" ? 'price'""",
                entries[row].pk,
            )
        )
        assert verify().problem.endswith("was changed.")


@given(row=rows)
@quickly
def test_a_removed_row_is_found(entries: list[AuditEntry], row: int) -> None:
    with tampering() as run:
        run("DELETE FROM accounts_auditentry WHERE id = %s", entries[row].pk)
        problem = verify().problem
    assert problem.startswith(f"Row {row + 1} (entry {entries[row].pk} of ")
    assert problem.endswith("is missing.")


@given(row=st.integers(0, ROWS - 2), renumbered=st.booleans())
@quickly
def test_a_row_removed_with_its_seal_is_found(
    entries: list[AuditEntry], row: int, *, renumbered: bool
) -> None:
    with tampering() as run:
        run("DELETE FROM accounts_auditentry WHERE id = %s", entries[row].pk)
        run("DELETE FROM accounts_auditseal WHERE entry_id = %s", entries[row].pk)
        if renumbered:
            run("UPDATE accounts_auditseal SET position = position + 1000 WHERE position > %s", row)
            run("UPDATE accounts_auditseal SET position = position - 1001 WHERE position > 1000")
        problem = verify().problem
    assert f"seal of row {row + 1}" in problem


@given(row=st.integers(0, ROWS - 2), is_before=st.booleans())
@quickly
def test_an_inserted_row_is_found(entries: list[AuditEntry], row: int, *, is_before: bool) -> None:
    with tampering() as run:
        # Room for one: ids are given to those that come later, too.
        run("UPDATE accounts_auditentry SET id = id * 10")
        run("DELETE FROM accounts_auditseal")
        run("SELECT setval(pg_get_serial_sequence('accounts_auditentry', 'id'), %s)", 10**9)
        assert seal() == ROWS
        _insert(run, id_=entries[row].pk * 10 + (-1 if is_before else 1))
        problem = verify().problem
    after = row if is_before else row + 1
    assert problem.endswith(f"was inserted after row {after}.")


@pytest.mark.parametrize("row", [0, 5, ROWS - 1])
def test_a_second_row_of_the_same_id_is_found(entries: list[AuditEntry], row: int) -> None:
    for at in ("now() - interval '1 year'", "now() + interval '1 hour'"):
        with tampering() as run:
            _insert(run, id_=entries[row].pk, at=at)
            problem = verify().problem
        assert "was changed" in problem or "was inserted" in problem


def test_a_row_far_above_all_others_is_found(entries: list[AuditEntry]) -> None:
    with tampering() as run:
        _insert(run, id_=2**62)
        assert seal() == 0
        assert verify().problem.endswith(f"was inserted after row {ROWS}.")


@given(pair=st.lists(rows, min_size=2, max_size=2, unique=True), with_seals=st.booleans())
@quickly
def test_swapped_rows_are_found(
    entries: list[AuditEntry], pair: list[int], *, with_seals: bool
) -> None:
    first, second = sorted(pair)
    tables = [("accounts_auditentry", "id", entries[first].pk, entries[second].pk)]
    if with_seals:
        tables.append(("accounts_auditseal", "position", first + 1, second + 1))
    with tampering() as run:
        for table, key, one, other in tables:
            move = _update(table, key, "bigint", key=key)
            for old, new in ((one, 10**6), (other, one), (10**6, other)):
                run(move, new, old)
        problem = verify().problem
    assert f"ow {first + 1} " in problem
    assert "was changed" in problem


@pytest.mark.parametrize("column", SEAL)
@given(data=st.data())
@quickly
def test_a_changed_seal_is_found(
    entries: list[AuditEntry], column: str, data: st.DataObject
) -> None:
    kind, new = SEAL[column]
    row, value = data.draw(rows) + 1, data.draw(new)
    assume(column != "position" or value > ROWS)
    with tampering() as run:
        changed = run(_update("accounts_auditseal", column, kind, key="position"), value, row)
        problem = verify().problem
    assume(changed)
    assert f"ow {row} " in problem or f"row {row} is missing" in problem


def test_a_row_dated_before_others_is_mentioned(entries: list[AuditEntry]) -> None:
    with tampering() as run:
        run(
            "UPDATE accounts_auditentry SET at = at - interval '2 hours' WHERE id = %s",
            entries[7].pk,
        )
        run("DELETE FROM accounts_auditseal")
        seal()
        report = verified()
    assert (report.late, report.first_late) == (1, 8)


def test_a_rewritten_chain_holds_but_lost_the_digest_that_was_kept_elsewhere(
    entries: list[AuditEntry],
) -> None:
    kept = bytes(AuditSeal.objects.get(position=5).digest)
    assert verify(expect=kept).expected_at == 5
    with tampering() as run:
        run("UPDATE accounts_auditentry SET reason = 'other' WHERE id = %s", entries[2].pk)
        run("DELETE FROM accounts_auditseal")
        assert seal() == ROWS
        report = verify(expect=kept)
    assert (report.problem, report.expected_at) == ("", 0)


def test_a_long_trail_is_verified_in_batches(
    entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.chain.verifying._BATCH", 5)
    assert verified().rows == ROWS
    with tampering() as run:
        run("DELETE FROM accounts_auditentry WHERE id = %s", entries[9].pk)
        assert verify().problem.startswith("Row 10 ")


def _update(table: str, column: str, kind: str, *, key: str) -> str:
    """Return a statement that changes a row to a value, unless that is what it has."""
    return f"""
        WITH new AS (SELECT %s::{kind} AS value)
        UPDATE {table} AS t SET {column} = new.value FROM new
        WHERE t.{key} = %s AND t.{column} IS DISTINCT FROM new.value
    """  # noqa: S608


def _insert(run: Any, *, id_: int, at: str = "now()") -> None:
    run(
        f"""INSERT INTO accounts_auditentry
                (id, at, action, subject_kind, subject_id, subject_name, reason, request_id)
            VALUES (%s, {at}, 'cluster.stopped', 'cluster', '1', 'c', '', '')""",  # noqa: S608
        id_,
    )
