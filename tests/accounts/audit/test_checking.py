"""The chain is verified once a day in the background, in parts where it is long."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.chain import checking
from accounts.chain.checking import chain_state, check
from accounts.models import AuditCheck, AuditEntry
from accounts.services import record
from accounts.tasks import check_audit
from tests.accounts.audit.conftest import ROWS, tampering

pytestmark = pytest.mark.django_db


def test_a_check_is_made_once_a_day(entries: list[AuditEntry]) -> None:
    check_audit()
    found = AuditCheck.objects.get()
    assert (found.rows, found.position, found.problem) == (ROWS, ROWS, "")
    assert found.finished_at is not None
    assert not check(now())
    assert check(now() + timedelta(days=1, seconds=1))


def test_a_long_chain_is_checked_in_parts(
    entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.chain.verifying._BATCH", 5)
    times = iter(range(100))
    monkeypatch.setattr("accounts.chain.verifying.time.monotonic", lambda: next(times))
    monkeypatch.setattr(checking, "_SECONDS", 1.5)
    assert check(now())
    assert AuditCheck.objects.get().finished_at is None
    assert chain_state().check is None
    for _ in range(3):
        check(now())
    found = AuditCheck.objects.get()
    assert (found.rows, found.position) == (ROWS, ROWS)
    assert found.finished_at is not None


def test_a_problem_is_kept_and_checked_again(
    entries: list[AuditEntry], caplog: pytest.LogCaptureFixture
) -> None:
    with tampering() as run:
        run("DELETE FROM accounts_auditentry WHERE id = %s", entries[3].pk)
        check(now())
        assert chain_state().check.problem.startswith("Row 4 ")  # type: ignore[union-attr]
        assert "tampered" in caplog.text
        assert not check(now())
        assert check(now() + timedelta(hours=1))


def test_the_state_names_the_newest_seal_and_what_waits(entries: list[AuditEntry]) -> None:
    record("x", actor=None, subject=entries[1].team)  # type: ignore[arg-type]
    state = chain_state()
    assert state.seal is not None
    assert (state.seal.position, state.unsealed, state.is_behind) == (ROWS, 1, False)
    with tampering() as run:
        run("UPDATE accounts_auditentry SET at = at - interval '1 hour'")
        assert chain_state().is_behind
