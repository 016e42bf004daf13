"""Kills Mobula's own programs at random moments and counts what is leaked, doubled or lost.

    python -m benchmarks.faults [--moments 20] [--seed N]

Real processes throughout: `mobula up` in a home of its own, real Ray nodes, SIGKILL. The last line
is `leaked=0 doubled=0 lost=0`; the exit code is 1 if it says anything else, or if a cluster did not
come to where its owner wanted it. docs/faults.md says what is checked.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.faults.phases import PHASES, TEXT, Life, Phase
from benchmarks.faults.victims import EVERYTHING, VICTIMS, kill
from benchmarks.faults.watch import Watch, leaked, lost
from tests.e2e.stack import Console, console
from tests.e2e.waiting import NeverCameTrue, eventually


@dataclass
class Findings:
    """Everything that was wrong, each once."""

    leaked: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)

    def look(self, mobula: Console, watch: Watch, *, final: bool = False) -> None:
        """Take in what is wrong now."""
        self.leaked.update(leaked(mobula))
        self.doubled.update(watch.doubled())
        self.lost.update(lost(mobula, final=final))

    def __bool__(self) -> bool:
        return bool(self.leaked or self.doubled or self.lost or self.stuck)

    def __str__(self) -> str:
        kinds = {"leaked": self.leaked, "doubled": self.doubled, "lost": self.lost}
        lines = [f"{kind}: {line}" for kind, items in kinds.items() for line in sorted(items)]
        lines += [f"stuck: {line}" for line in sorted(self.stuck)]
        return "\n".join([*lines, " ".join(f"{k}={len(items)}" for k, items in kinds.items())])


def main() -> int:
    """Run the moments and return 0 when nothing was leaked, doubled, lost or stuck."""
    arguments = _arguments()
    chance = random.Random(arguments.seed)  # noqa: S311 - chance that can be repeated, no secret
    findings = Findings()
    print(f"seed {arguments.seed}, {arguments.moments} moments", flush=True)
    with console() as mobula, Watch(mobula) as watch:
        life = Life(mobula, version=mobula.make_template("faults", TEXT))
        try:
            for phase, victim in _plan(arguments.moments, chance):
                _moment(life, phase, victim, chance=chance)
                findings.look(mobula, watch)
            _end(life)
        except NeverCameTrue as error:
            findings.stuck.add(f"{error}\n{life.cluster.describe()}")
        findings.stuck.update(life.failed_jobs())
        findings.look(mobula, watch, final=not findings.stuck)
        print(f"{watch.count()} nodes ran", flush=True)
    print(findings, flush=True)
    return 1 if findings else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--moments", type=int, default=21)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    return parser.parse_args()


def _plan(moments: int, chance: random.Random) -> Iterator[tuple[Phase, str]]:
    """Yield phases in the order of a life, each with a victim; all victims come equally often."""
    deck: list[str] = []
    for number in range(moments):
        if not deck:
            deck = list(VICTIMS)
            chance.shuffle(deck)
        yield PHASES[number % len(PHASES)], deck.pop()


def _moment(life: Life, phase: Phase, victim: str, *, chance: random.Random) -> None:
    """Begin the phase, kill the victim at some moment of it, and wait until all is as wanted."""
    mobula = life.mobula
    eventually(mobula.healthy, what="Mobula is healthy")
    phase.begin(life)
    delay = chance.uniform(0, phase.seconds)
    time.sleep(delay)
    kill(mobula, victim, chance=chance)
    killed_at = time.monotonic()
    if victim == EVERYTHING:
        mobula.start()
    eventually(mobula.healthy, what=f"Mobula is healthy after {victim} was killed")
    healthy_after = time.monotonic() - killed_at
    eventually(
        lambda: phase.converged(life),
        what=f"{phase.name} is done after {victim} was killed {delay:.1f} s into it",
    )
    print(
        f"{phase.name:<10} {victim:<18} killed after {delay:4.1f} s, healthy again after "
        f"{healthy_after:4.1f} s, as wanted after {time.monotonic() - killed_at:5.1f} s",
        flush=True,
    )


def _end(life: Life) -> None:
    """Terminate the last cluster, if it is not gone yet."""
    eventually(life.mobula.healthy, what="Mobula is healthy")
    if life.cluster.state != "terminated":
        life.terminate()
        eventually(life.is_terminated, what="the last cluster is terminated")


if __name__ == "__main__":
    sys.exit(main())
