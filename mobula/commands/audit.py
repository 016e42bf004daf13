"""`mobula audit`: verify that the audit log is as it was written."""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from accounts.chain.files import FileReport, verify_file
from mobula.commands import manage

MOST_PROBLEMS = 20


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "audit",
        help="verify the audit log",
        description="Verify the chain of digests of the audit log, or print its newest digest to "
        "keep elsewhere. Mobula may be running.",
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    verify = what.add_parser("verify", help="find the first changed, missing or inserted row")
    verify.add_argument(
        "--expect", metavar="DIGEST", help="a digest that `mobula audit head` printed earlier"
    )
    verify.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="verify an exported JSON Lines file instead; takes no database",
    )
    verify.add_argument(
        "--partial",
        action="store_true",
        help="with --file: the export was filtered, so rows may be left out",
    )
    what.add_parser("head", help="print digest, number and time of the newest sealed row")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Verify the audit log or a file; 1: it is not as it was written, 2: it cannot be read."""
    expect = getattr(arguments, "expect", None)
    if getattr(arguments, "file", None) is not None:
        return _verify_file(arguments.file, expect=expect, is_partial=arguments.partial)
    if getattr(arguments, "partial", False):
        print("mobula: --partial is for a file: add --file FILE.", file=sys.stderr)
        return 2
    options = [] if expect is None else ["--expect", expect]
    return manage.run(argparse.Namespace(command=["audit", arguments.what, *options]))


def _verify_file(path: Path, *, expect: str | None, is_partial: bool) -> int:
    if expect is not None and not re.fullmatch("[0-9a-f]{64}", expect):
        print(
            f"mobula: {expect} is not a digest: use the 64 digits that `mobula audit head` prints.",
            file=sys.stderr,
        )
        return 2
    digest = None if expect is None else bytes.fromhex(expect)
    try:
        with path.open(encoding="utf-8") as lines:
            report = verify_file(lines, expect=digest, is_partial=is_partial)
    except (OSError, UnicodeDecodeError) as error:
        print(f"mobula: {path} cannot be read: {error}", file=sys.stderr)
        return 2
    print("\n".join(_summary(report)))
    problems = report.problems[:MOST_PROBLEMS]
    if len(report.problems) > MOST_PROBLEMS:
        problems.append(f"And {len(report.problems) - MOST_PROBLEMS:,} more.")
    if digest is not None and not report.expected_at:
        problems.append(
            "No row of the file has the expected digest: it is of a row that is not in the file, "
            "or rows were changed."
        )
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _summary(report: FileReport) -> Iterator[str]:
    yield f"Read {report.rows:,} sealed rows."
    if report.rows:
        yield f"From row {report.first:,} to row {report.last:,}."
        yield f"The digest of row {report.last:,}: {report.digest.hex()}"
    if report.gaps:
        yield f"Rows are left out in {report.gaps:,} places."
    if report.unsealed:
        yield f"Not sealed yet when it was exported: {report.unsealed:,} rows."
    if report.is_cut:
        yield "The export ended at its limit: there are more rows."
    if report.expected_at:
        yield f"The expected digest is that of row {report.expected_at:,}."
