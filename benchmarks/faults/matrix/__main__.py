"""Let each AWS call of launch, scale and terminate go wrong in each way; print the matrix.

    python -m benchmarks.faults.matrix [--short]

It brings its own PostgreSQL and writes var/bench/fault_matrix.json. The last line is
`leaked=0 doubled=0 lost=0`; the exit code is 1 if it says anything else. `--short` tries the part
that CI tries, in about a minute. docs/faults.md says what happens to the calls and what is counted.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers import prepare, running

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.core.management import call_command  # noqa: E402

from benchmarks import report  # noqa: E402
from benchmarks.faults.matrix.table import counts, table  # noqa: E402
from tests.faults.kinds import KINDS  # noqa: E402
from tests.faults.spread import chosen, spread  # noqa: E402
from tests.faults.verdict import Wrong  # noqa: E402
from tests.faults.walk import PHASES, Life, lived  # noqa: E402
from tests.faults.wire import Call  # noqa: E402


def main() -> int:
    """Try the cells, print them and return 0 when nothing was leaked, doubled or lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.matrix", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the part that CI tries")
    short = parser.parse_args().short
    logging.disable(logging.CRITICAL)  # of faults that were meant to be
    began, calls, cells = time.monotonic(), list[Call](), dict[tuple[Call, str], Wrong]()
    with running(SERVERS), tempfile.TemporaryDirectory() as root:
        call_command("migrate", verbosity=0)
        with lived(Path(root)) as life:
            for phase in PHASES:
                calls += life.calls_ahead()
                for call, kind in _cells(life, short=short):
                    cells[call, kind] = life.tried(call, kind)
                print(f"{phase.name}: {len(cells)} cells so far", flush=True)
                life.go_on()
    print(table(calls, cells))
    _write(cells, seconds=time.monotonic() - began)
    found = counts(cells)
    print(" ".join(f"{kind}={count}" for kind, count in found.items()), flush=True)
    return 1 if any(found.values()) else 0


def _cells(life: Life, *, short: bool) -> Iterator[tuple[Call, str]]:
    calls = life.calls_ahead()
    if not short:
        yield from ((call, kind) for call in calls for kind in KINDS)
        return
    for phase, operation, kind in spread():
        if phase == life.phase.name:
            yield chosen(calls, operation, kind), kind


def _write(cells: dict[tuple[Call, str], Wrong], *, seconds: float) -> None:
    found = counts(cells)
    report.write(
        "fault_matrix",
        goal=0,
        value=sum(found.values()),
        unit="leaked, doubled or lost",
        **found,
        cells=len(cells),
        seconds=round(seconds, 1),
        wrong={f"{call}, {kind}": str(wrong) for (call, kind), wrong in cells.items() if wrong},
        machine=report.machine(),
    )


if __name__ == "__main__":
    sys.exit(main())
