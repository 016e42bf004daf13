"""A table that becomes a partitioned one keeps its rows and all that guards them."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEntry, Team
from retention import conversion, partitions
from retention.tables import AUDIT

pytestmark = pytest.mark.django_db
TRIGGER = """
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_refuse_change();
CREATE TRIGGER audit_stays BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
"""
CATALOGUE = """
    SELECT regexp_replace(pg_get_indexdef(indexrelid), ' ON (ONLY )?', ' ON ') FROM pg_index
    WHERE indrelid = 'accounts_auditentry'::regclass AND NOT indisprimary
    UNION ALL
    SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = 'accounts_auditentry'::regclass AND contype NOT IN ('p', 'n')
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = 'accounts_auditentry'::regclass AND NOT tgisinternal
    ORDER BY 1
"""


def run(*statements: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def write(at: datetime, *, team: Team | None = None) -> AuditEntry:
    return AuditEntry.objects.create(
        at=at, action="a", subject_kind="k", subject_id="1", subject_name="n", team=team
    )


@pytest.fixture
def unpartitioned(db: None) -> None:
    """The table as Django makes it, with its triggers."""
    run("DROP TABLE accounts_auditentry")
    with connection.schema_editor(atomic=False) as editor:
        editor.create_model(AuditEntry)
    run(TRIGGER)


@pytest.mark.usefixtures("unpartitioned")
def test_rows_indexes_constraints_and_triggers_stay(research: Team) -> None:
    entries = [
        write(datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        write(datetime(2026, 3, 1, tzinfo=UTC), team=research),
    ]
    before = run(CATALOGUE)
    with connection.schema_editor(atomic=False) as editor:
        conversion.partition(editor, "accounts_auditentry", column="at", width="month")
    assert run(CATALOGUE) == before
    assert list(AuditEntry.objects.order_by("pk")) == entries
    assert partitions.names(AUDIT) == [
        "accounts_auditentry_p20240201",
        "accounts_auditentry_p20260301",
    ]
    assert write(datetime(2026, 3, 2, tzinfo=UTC)).pk > entries[1].pk


@pytest.mark.usefixtures("unpartitioned")
def test_partitions_are_guarded_as_the_table_was(research: Team) -> None:
    entry = write(datetime(2026, 3, 1, tzinfo=UTC), team=research)
    with connection.schema_editor(atomic=False) as editor:
        conversion.partition(editor, "accounts_auditentry", column="at", width="month")
    for refused in (
        "DELETE FROM accounts_auditentry",
        "DELETE FROM accounts_auditentry_p20260301",
        "UPDATE accounts_auditentry_p20260301 SET at = at + interval '1 year'",
        "TRUNCATE accounts_auditentry_p20260301",
        "TRUNCATE accounts_auditentry_default",
        "TRUNCATE accounts_auditentry",
        "INSERT INTO accounts_auditentry_default SELECT * FROM accounts_auditentry",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(refused)
    assert AuditEntry.objects.get() == entry
