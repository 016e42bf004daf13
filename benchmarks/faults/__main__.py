"""Injects faults into a running installation and counts what is leaked, doubled or lost.

    python -m benchmarks.faults [--moments 40] [--seed N] [--faults "stop web,full disk"]
        [--seconds 900] [--short]

Real processes throughout: `mobula up` in a home of its own, and clusters of two teams with real Ray
nodes. The last line is `leaked=0 doubled=0 lost=0 stuck=0 errors=0`; the exit code is 1 if it says
anything else. docs/faults.md lists the faults and says what is checked.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import time
from collections.abc import Iterator

from benchmarks.faults import moments
from benchmarks.faults.catalogue import BY_NAME
from benchmarks.faults.disks import SmallDisks
from benchmarks.faults.fault import Scene
from benchmarks.faults.findings import Findings
from benchmarks.faults.migrations import killed_while_preparing
from benchmarks.faults.pages import PageWatch
from benchmarks.faults.phases import Life
from benchmarks.faults.watch import Watch
from tests.e2e.stack import Console, console

TEAMS = ("falcon", "heron")


def main() -> int:
    """Run the moments and return 0 when nothing was leaked, doubled, lost, stuck or broken."""
    options = _options()
    chance = random.Random(options.seed)  # noqa: S311 - chance that can be repeated, no secret
    print("short form" if options.short else f"seed {options.seed}", flush=True)
    findings, disks = Findings(), SmallDisks()
    if not options.short and not options.faults:
        findings.stuck.update(killed_while_preparing(chance))
    with console(place=None if options.short else disks.place) as mobula:
        _live(mobula, options, disks=disks, chance=chance, findings=findings)
    print(findings, flush=True)
    return 1 if findings else 0


def _live(
    mobula: Console,
    options: argparse.Namespace,
    *,
    disks: SmallDisks,
    chance: random.Random,
    findings: Findings,
) -> None:
    lives = [Life.begin(mobula, team=t, workers=1 if options.short else 2) for t in TEAMS]
    scene = Scene(mobula=mobula, lives=lives, disks=disks, chance=chance)
    until = time.monotonic() + options.seconds
    with Watch(mobula) as watch, PageWatch(lives) as pages:
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
    parser.add_argument("--moments", type=int, default=40)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--faults", type=_names, default=(), help="names of faults: only these")
    parser.add_argument("--seconds", type=float, default=3600, help="after these: no more moments")
    parser.add_argument("--short", action="store_true", help="the form that runs in CI")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in names if name not in BY_NAME]:
        raise argparse.ArgumentTypeError(
            f"There is no fault {', '.join(unknown)}. Choose of: {', '.join(BY_NAME)}."
        )
    return names


if __name__ == "__main__":
    sys.exit(main())
