"""The trail keeps what it was told."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, Team, User
from accounts.services import record


@pytest.fixture
def entry(alice: User, research: Team) -> AuditEntry:
    return record("team.renamed", actor=alice, team=research, subject=research, after={"name": "x"})


def test_an_entry_names_its_subject_even_when_that_is_gone(entry: AuditEntry) -> None:
    assert (entry.subject_kind, entry.subject_name) == ("team", "Research")


def test_the_database_refuses_to_change_an_entry(entry: AuditEntry) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(action="nothing.happened")
    assert AuditEntry.objects.get().action == "team.renamed"


def test_the_database_refuses_to_delete_an_entry(entry: AuditEntry) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).delete()
    assert AuditEntry.objects.count() == 1
