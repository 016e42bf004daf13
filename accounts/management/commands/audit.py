"""`manage.py audit verify` and `audit head`: whether the audit log is as it was written."""

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from accounts.chain.verifying import Report, verify
from accounts.models import AuditSeal


class Command(BaseCommand):
    """Verify the audit log, or print the digest of its newest sealed row."""

    help = "Verify that no row of the audit log was changed, removed or inserted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
        checking = commands.add_parser("verify", help="verify the audit log")
        checking.add_argument(
            "--expect",
            type=_digest,
            metavar="DIGEST",
            help="a digest that `audit head` printed earlier: some row must still have it",
        )
        commands.add_parser("head", help="print the digest of the newest sealed row")

    def handle(self, *_args: object, **options: object) -> None:
        try:
            self._run(options)
        except OperationalError as error:
            message = f"The audit log cannot be read: {error}"
            raise CommandError(message, returncode=2) from error

    def _run(self, options: Mapping[str, object]) -> None:
        if options["what"] == "head":
            self._print_head()
            return
        expect = options["expect"]
        report = verify(expect=expect if isinstance(expect, bytes) else None)
        self.stdout.write(_summary(report))
        problems = list(filter(None, (report.problem, _unexpected(report, expect))))
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            sys.exit(1)

    def _print_head(self) -> None:
        head = AuditSeal.objects.order_by("-position").first()
        if head is None:
            self.stderr.write("No row of the audit log is sealed yet.")
            sys.exit(1)
        self.stdout.write(f"{bytes(head.digest).hex()} {head.position} {head.at.isoformat()}")


def _digest(text: str) -> bytes:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ArgumentTypeError(f"{text} is not a digest: use the 64 digits that `head` prints.")
    return bytes.fromhex(text)


def _summary(report: Report) -> str:
    """Return what was verified, in lines."""
    lines = [f"Verified {report.rows:,} rows."]
    if report.removed:
        lines.append(f"{report.removed:,} rows were removed by retention; their seals are intact.")
    if report.sealed_at:
        sealed = f"{report.sealed_at:%Y-%m-%d %H:%M:%S} UTC"
        lines.append(f"Newest verified row: {report.position:,}, sealed {sealed}.")
        lines.append(f"Its digest: {report.digest.hex()}")
    if report.unsealed:
        lines.append(f"Not sealed yet: {report.unsealed:,} rows.")
    if report.late:
        lines.append(
            f"{report.late:,} rows, first row {report.first_late:,}, are dated more than an hour "
            "before a row ahead of them: they were added later, or a clock was wrong."
        )
    if report.expected_at:
        lines.append(f"The expected digest is that of row {report.expected_at:,}.")
    return "\n".join(lines)


def _unexpected(report: Report, expect: object) -> str:
    """Return what it means that no row has the expected digest, or ""."""
    if expect is None or report.expected_at or report.problem:
        return ""
    return (
        "No row has the expected digest: rows were changed or removed since it was printed, a "
        "backup from before was restored, or it is of another installation."
    )
