"""An exported audit log is verified without a database."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.chain.digests import Link, content_of
from accounts.chain.files import _texts, verify_file
from accounts.chain.sealing import seal
from accounts.models import AuditEntry, AuditSeal, User
from accounts.services import record
from mobula import cli
from tests.accounts.audit.conftest import ROWS
from tests.accounts.audit.test_trail import text_of
from tests.accounts.conftest import signed_in

pytestmark = pytest.mark.django_db
PAGE = reverse("accounts:audit")
type Lines = list[dict[str, Any]]


@pytest.fixture
def exported(adam: User, entries: list[AuditEntry]) -> Lines:
    """The lines of an export of all rows, the oldest first; one of them has odd values."""
    odd = {"text": 'é "\\ \u2028\n\x1f', "rate": 0.10, "big": 1e22, "small": 1.5e-9, "no": None}
    record("x", actor=adam, subject=adam, before=odd, after={"list": [1, {}, [], True]})
    seal()
    return lines_of(adam, sort="time")


def lines_of(user: User, **query: str) -> Lines:
    response = signed_in(user).get(PAGE, {"format": "jsonl", **query})
    return [json.loads(line) for line in text_of(response).split("\n") if line]


def problems(lines: Lines, **options: Any) -> list[str]:
    return verify_file(map(json.dumps, lines), **options).problems


def head() -> bytes:
    return bytes(AuditSeal.objects.latest("position").digest)


def test_an_export_holds_in_either_order(adam: User, exported: Lines) -> None:
    for lines in (exported, lines_of(adam)):
        report = verify_file(map(json.dumps, lines), expect=head())
        assert report.problems == []
        assert (report.rows, report.first, report.last) == (ROWS + 1, 1, ROWS + 1)
        assert (report.digest, report.expected_at) == (head(), ROWS + 1)


def test_rows_that_are_not_sealed_yet_are_counted(adam: User, exported: Lines) -> None:
    record("x", actor=adam, subject=adam)
    report = verify_file(map(json.dumps, lines_of(adam)))
    assert (report.problems, report.unsealed) == ([], 1)


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "id": lambda line: line.update(id=line["id"] + 1),
    "at": lambda line: line.update(at="2001-01-01T00:00:00+00:00"),
    "actor": lambda line: line.update(actor_id=(line["actor_id"] or 0) + 1),
    "actor name": lambda line: line.update(actor_name="Mallory"),
    "team": lambda line: line.update(team_id=99),
    "action": lambda line: line.update(action="cluster.stopped"),
    "subject": lambda line: line.update(subject="other"),
    "before": lambda line: line.update(before={"nodes": 99}),
    "printed": lambda line: line["chain"].update(after='{"nodes": 99}'),
    "both": lambda line: (line.update(after={"n": 1}), line["chain"].update(after='{"n": 1}')),
    "reason": lambda line: line.update(reason="Because."),
    "request": lambda line: line.update(request="0" * 32),
    "address": lambda line: line.update(address="192.0.2.1"),
    "content": lambda line: line["chain"].update(content="0" * 64),
    "digest": lambda line: line["chain"].update(digest="0" * 64),
    "previous": lambda line: line["chain"].update(previous="0" * 64),
    "position": lambda line: line["chain"].update(position=99),
    "sealed at": lambda line: line["chain"].update(sealed_at="2001-01-01T00:00:00+00:00"),
    "version": lambda line: line["chain"].update(version=2),
    "no place": lambda line: line.update(chain=None),
    "no line": lambda line: line.clear(),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_row_is_found(exported: Lines, what: str) -> None:
    CHANGES[what](exported[5])
    found = problems(exported)
    assert found
    assert any("6" in problem or str(exported[5].get("id")) in problem for problem in found)


def test_what_is_missing_is_named_unless_the_export_was_filtered(exported: Lines) -> None:
    del exported[3], exported[6:8]
    assert problems(exported) == ["Row 4 is missing.", "Rows 8 to 9 are missing."]
    report = verify_file(map(json.dumps, exported), is_partial=True)
    assert (report.problems, report.gaps) == ([], 2)


def test_rows_cut_off_at_the_end_are_found_by_a_digest_kept_elsewhere(exported: Lines) -> None:
    del exported[-2:]
    report = verify_file(map(json.dumps, exported), expect=head())
    assert (report.problems, report.expected_at, report.last) == ([], 0, ROWS - 1)


def test_an_inserted_row_is_found(exported: Lines) -> None:
    copy = json.loads(json.dumps(exported[4]))
    assert problems([*exported, copy]) == ["Row 5 is there twice: a line was inserted."]
    unsealed = {**copy, "chain": None}
    assert problems([*exported, unsealed]) == [
        f"Entry {copy['id']} was inserted: newer ones are sealed, and it is not."
    ]


def test_rows_that_were_sealed_again_by_somebody_are_found(exported: Lines) -> None:
    """Whoever rewrites a row with its seal has to rewrite all after it, up to the kept digest."""
    line = exported[5]
    line["reason"] = "Because."
    place = line["chain"]
    content = content_of(_texts(line, place))
    at, sealed = (datetime.fromisoformat(t) for t in (line["at"], place["sealed_at"]))
    link = Link(place["position"], line["id"], at, sealed, place["version"], content)
    digest = link.digest(bytes.fromhex(place["previous"])).hex()
    place.update(content=content.hex(), digest=digest)
    (problem,) = problems(exported)
    assert problem.startswith("Row 7 does not follow the row before it")


def test_a_team_admins_export_is_verified_as_a_part(
    anna: User, entries: list[AuditEntry], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "export.jsonl"
    text = text_of(signed_in(anna).get(PAGE, {"format": "jsonl"}))
    path.write_text(text)
    assert cli.main(["audit", "verify", "--file", str(path), "--partial"]) == 0
    assert "Rows are left out in" in capsys.readouterr().out
    assert cli.main(["audit", "verify", "--file", str(path)]) == 1
    assert "Row 3 is missing." in capsys.readouterr().err
    path.write_text(text.replace("cluster.step-3", "cluster.step-4"))
    assert cli.main(["audit", "verify", "--file", str(path), "--partial"]) == 1
    assert "was changed." in capsys.readouterr().err


def test_the_command_verifies_a_file_up_to_a_digest(
    exported: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(map(json.dumps, exported)))
    command = ["audit", "verify", "--file", str(path), "--expect"]
    assert cli.main([*command, head().hex()]) == 0
    printed = capsys.readouterr()
    assert f"From row 1 to row {ROWS + 1}." in printed.out
    assert f"The expected digest is that of row {ROWS + 1}." in printed.out
    assert cli.main([*command, "0" * 64]) == 1
    assert "No row of the file has the expected digest" in capsys.readouterr().err
    assert cli.main([*command, "short"]) == 2
    assert cli.main(["audit", "verify", "--file", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    path.write_bytes(b"\xff\n")
    assert cli.main(["audit", "verify", "--file", str(path)]) == 2
    assert cli.main(["audit", "verify", "--partial"]) == 2
    path.write_text("at,actor\n")
    assert cli.main(["audit", "verify", "--file", str(path)]) == 1
    assert "Line 1: it is no line of an exported audit log" in capsys.readouterr().err


def test_the_csv_has_each_rows_place_in_the_chain(adam: User, entries: list[AuditEntry]) -> None:
    text = text_of(signed_in(adam).get(PAGE, {"format": "csv", "sort": "time"}))
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["position"] for row in rows] == [str(n + 1) for n in range(ROWS)]
    assert rows[-1]["digest"] == head().hex()
    wanted = {"at", "actor", "address", "before", "after", "reason", "request"}
    assert wanted <= rows[0].keys()
