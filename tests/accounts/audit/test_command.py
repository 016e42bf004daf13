"""What `mobula audit` prints, and its exit codes."""

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from accounts.models import AuditEntry, AuditSeal
from accounts.services import record
from mobula import cli
from tests.accounts.audit.conftest import ROWS, tampering

pytestmark = pytest.mark.django_db


def test_verify_says_how_many_rows_hold(
    entries: list[AuditEntry], capsys: pytest.CaptureFixture[str]
) -> None:
    record("x", actor=None, subject=entries[0].team or entries[1].team)  # type: ignore[arg-type]
    call_command("audit", "head")
    digest, position, _ = capsys.readouterr().out.split()
    assert int(position) == ROWS
    call_command("audit", "verify", "--expect", digest)
    printed = capsys.readouterr()
    assert f"Verified {ROWS} rows." in printed.out
    assert "Not sealed yet: 1 rows." in printed.out
    assert f"The expected digest is that of row {ROWS}." in printed.out
    assert printed.err == ""


def test_verify_names_the_row_that_does_not_hold(
    entries: list[AuditEntry], capsys: pytest.CaptureFixture[str]
) -> None:
    with tampering() as run:
        run("UPDATE accounts_auditentry SET reason = 'other' WHERE id = %s", entries[3].pk)
        with pytest.raises(SystemExit) as ended:
            call_command("audit", "verify")
    printed = capsys.readouterr()
    assert ended.value.code == 1
    assert "Verified 3 rows." in printed.out
    assert f"Row 4 (entry {entries[3].pk} of " in printed.err


def test_verify_fails_where_the_expected_digest_is_not_found(
    entries: list[AuditEntry], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "verify", "--expect", "0" * 64)
    assert ended.value.code == 1
    assert "No row has the expected digest" in capsys.readouterr().err
    with pytest.raises(CommandError, match="use the 64 digits"):
        call_command("audit", "verify", "--expect", "0" * 63)


def test_a_database_that_is_away_has_an_exit_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("accounts.management.commands.audit.verify", fail)
    with pytest.raises(CommandError, match="connection refused") as raised:
        call_command("audit", "verify")
    assert raised.value.returncode == 2


def test_there_is_no_head_before_the_first_seal(capsys: pytest.CaptureFixture[str]) -> None:
    assert not AuditSeal.objects.exists()
    with pytest.raises(SystemExit):
        call_command("audit", "head")
    assert "is sealed yet" in capsys.readouterr().err


def test_the_console_command_has_both() -> None:
    parser = cli.parser()
    assert parser.parse_args(["audit", "verify", "--expect", "0" * 64]).what == "verify"
    assert parser.parse_args(["audit", "head"]).what == "head"
