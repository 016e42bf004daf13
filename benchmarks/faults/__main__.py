"""Injects faults: at random moments into a running installation, and at each call of AWS.

    python -m benchmarks.faults [--only stack|matrix] [--moments 40] [--releases 20] [--seed N]
        [--faults "stop web,full disk"] [--seconds 900] [--short]

First the whole stack: `mobula up` in a home of its own, and clusters of two teams with real Ray
nodes. Then the matrix of benchmarks/faults/matrix: each call of the AWS driver with each thing that
can happen to it. The last line is `leaked=0 doubled=0 lost=0`, of both together; the exit code is 1
if anything was wrong. Up to ten moments are the form for every day, which takes five minutes at
most. docs/faults.md lists the faults and says what is checked.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.faults import moments
from benchmarks.faults.catalogue import BY_NAME
from benchmarks.faults.disks import SmallDisks
from benchmarks.faults.fault import Scene
from benchmarks.faults.findings import Findings
from benchmarks.faults.migrations import killed_while_preparing
from benchmarks.faults.pages import ASK_EVERY_SECONDS, SELDOM_SECONDS, PageWatch
from benchmarks.faults.phases import Life, QuietLife
from benchmarks.faults.releases import release_rounds
from benchmarks.faults.watch import Watch
from tests.e2e.stack import Console, console

TEAMS = ("falcon", "heron")
MATRIX = Path("var/bench/fault_matrix.json")
FEW_MOMENTS, FEW_SECONDS = 10, 120.0
"""So many moments are the form for every day; after so long, none of them begins any more."""


def main() -> int:
    """Run what was asked for and return 0 when nothing was leaked, doubled, lost or broken."""
    options = _options()
    findings = Findings()
    if options.only != "matrix":
        _stack(options, findings)
        print(findings, flush=True)
    if options.only == "stack":
        return 1 if findings else 0
    totals, is_whole = _matrix(is_short=options.is_brief)
    for kind in totals:
        totals[kind] += len(getattr(findings, kind))
    print(" ".join(f"{kind}={count}" for kind, count in totals.items()), flush=True)
    return 0 if is_whole and not findings else 1


def _stack(options: argparse.Namespace, findings: Findings) -> None:
    chance = random.Random(options.seed)  # noqa: S311 - chance that can be repeated, no secret
    print("short form" if options.short else f"seed {options.seed}", flush=True)
    disks = SmallDisks()
    if not (options.short or options.faults or options.is_brief):
        findings.stuck.update(killed_while_preparing(chance))
    with console(place=None if options.short else disks.place) as mobula:
        if not options.short and not options.faults:
            findings.stuck.update(release_rounds(mobula, chance, count=options.releases))
        _live(mobula, options, disks=disks, chance=chance, findings=findings)


def _matrix(*, is_short: bool) -> tuple[dict[str, int], bool]:
    """Return the matrix's counts, and whether it says that all is well.

    It has a database of its own, which Django must know from the start: another process.
    """
    MATRIX.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.faults.matrix", *(["--short"] if is_short else [])]
    code = subprocess.run(command, check=False).returncode
    if not MATRIX.exists():
        raise SystemExit(f"The matrix ended with {code} before it had found anything out.")
    content = json.loads(MATRIX.read_text())
    return {kind: content[kind] for kind in ("leaked", "doubled", "lost")}, code == 0


def _live(
    mobula: Console,
    options: argparse.Namespace,
    *,
    disks: SmallDisks,
    chance: random.Random,
    findings: Findings,
) -> None:
    one, other = TEAMS
    lives = [Life.begin(mobula, team=one, workers=1 if options.short else 2)]
    lives.append((QuietLife if options.short else Life).begin(mobula, team=other, workers=2))
    if options.short:
        lives[-1].launch()
    scene = Scene(mobula=mobula, lives=lives, disks=disks, chance=chance)
    until = time.monotonic() + options.seconds
    pause = SELDOM_SECONDS if options.short else ASK_EVERY_SECONDS
    with Watch(mobula) as watch, PageWatch(lives, every_seconds=pause) as pages:
        try:
            for moment in _moments(scene, options):
                if time.monotonic() > until:
                    print(f"the time limit of {options.seconds:.0f} s has come", flush=True)
                    break
                moments.run(moment, scene, pages)
                findings.look(mobula, watch, pages)
            moments.end(scene)
        except AssertionError as error:
            findings.stuck.add(str(error))
            if not mobula.healthy():
                return  # there is nobody to ask
        for life in lives:
            findings.stuck.update(life.failed_jobs())
        findings.look(mobula, watch, pages, final=not findings.stuck)
        print(f"{watch.count()} nodes ran", flush=True)


def _moments(scene: Scene, options: argparse.Namespace) -> Iterator[moments.Moment]:
    if options.short:
        return moments.short()
    for sentence in moments.skipped(scene, names=options.faults):
        print(sentence, flush=True)
    return moments.drawn(scene, names=options.faults, moments=options.moments)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--only", choices=("stack", "matrix"), help="one of the two parts")
    parser.add_argument("--moments", type=int, default=40, help=f"{FEW_MOMENTS} or fewer: brief")
    parser.add_argument("--releases", type=int, help="with programs killed; default: 20, brief 2")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--faults", type=_names, default=(), help="names of faults: only these")
    parser.add_argument("--seconds", type=float, help="after these: no more moments")
    parser.add_argument("--short", action="store_true", help="the form of the stack in CI")
    options = parser.parse_args()
    options.is_brief = options.moments <= FEW_MOMENTS
    if options.short or options.faults:  # they choose faults of the whole stack
        options.only = options.only or "stack"
        options.is_brief = False
    if options.releases is None:
        options.releases = 2 if options.is_brief else 20
    if options.seconds is None:
        options.seconds = FEW_SECONDS if options.is_brief else 3600.0
    return options


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in names if name not in BY_NAME]:
        raise argparse.ArgumentTypeError(
            f"There is no fault {', '.join(unknown)}. Choose of: {', '.join(BY_NAME)}."
        )
    return names


if __name__ == "__main__":
    sys.exit(main())
