"""What is wrong in a world: leaked, doubled or lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection

from clusters.models import Node
from domain.lifecycle import NodeState
from metering import ledger
from metering.models import Interval
from mobula.demo_cloud.aws.attached import exists
from mobula.demo_cloud.aws.world import Instance, World
from providers.aws.tags import BATCH, name_of
from tests.e2e.books import FINAL_RULES, RULES
from tests.faults.clock import Clock

# A machine is in the ledger from when it is seen first until it is seen gone: at most so much
# later than it starts and ends, for a lease has to run out, and lists and boots take time.
MOST_DELAY = timedelta(minutes=5)


@dataclass
class Wrong:
    """Sentences about what is wrong."""

    leaked: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def __str__(self) -> str:
        return "; ".join(f"{kind}: {item}" for kind, items in vars(self).items() for item in items)

    def add(self, other: Wrong) -> None:
        """Take in what another one found, each once."""
        for kind, items in vars(other).items():
            mine: list[str] = getattr(self, kind)
            mine += [item for item in items if item not in mine]


def name(machine: Instance) -> str:
    """Return the name of the node that a machine is."""
    return name_of(machine.tags[BATCH], machine.index)


def at_rest(world: World) -> Wrong:
    """Return what is wrong in a cluster in which nothing moves: machines are rows."""
    rows = set(Node.objects.exclude(state=NodeState.TERMINATED).values_list("name", flat=True))
    machines = {name(one) for one in world.alive()}
    wrong = Wrong(
        leaked=[f"{one} has no row" for one in sorted(machines - rows)],
        lost=[f"{one} has no machine" for one in sorted(rows - machines)],
    )
    wrong.add(_ever(world))
    wrong.lost += _books(RULES)
    return wrong


def at_end(world: World, clock: Clock) -> Wrong:
    """Return what is wrong when the cluster has been terminated."""
    ledger.post(clock.now())
    wrong = Wrong(
        leaked=[
            *(f"instance {name(one)}" for one in world.alive()),
            *(f"security group {one}" for one in world.groups),
            *(f"placement group {one}" for one in world.placements),
            *(f"volume {key}" for key, one in world.volumes.items() if exists(world, one)),
            *(f"interface {key}" for key, one in world.interfaces.items() if exists(world, one)),
        ],
        lost=[
            *(f"{one} has not ended" for one in Node.objects.exclude(state=NodeState.TERMINATED)),
            *_books({**RULES, **FINAL_RULES}),
            *_unbilled(world),
        ],
    )
    wrong.add(_ever(world))
    return wrong


def _ever(world: World) -> Wrong:
    """Each machine that ever was is of one row, and each row had one at most."""
    machines = Counter(name(one) for one in world.instances.values())
    rows = set(Node.objects.values_list("name", flat=True))
    return Wrong(
        doubled=[
            *(f"{one} had {times} machines" for one, times in machines.items() if times > 1),
            *(f"{one} was never written down" for one in sorted(machines.keys() - rows)),
        ]
    )


def _books(rules: dict[str, str]) -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for rule, query in rules.items():
            cursor.execute(query)
            found += [f"{rule}: {row[0]}" for row in cursor.fetchall()]
    return found


def _unbilled(world: World) -> Iterator[str]:
    """Yield the machines that the ledger does not cover from their start until their end."""
    intervals = {one.node: one for one in Interval.objects.all()}
    for machine in world.instances.values():
        # AWS tells the start in whole seconds.
        began, ended = _moment(int(machine.launched_at)), _moment(machine.ended_at or 0)
        interval = intervals.get(name(machine))
        if interval is None:
            yield f"{name(machine)} ran {(ended - began).seconds} s and is not in the ledger"
        elif not began <= interval.started_at <= began + MOST_DELAY:
            yield f"{name(machine)} started {began} and is in the ledger from {interval.started_at}"
        elif not ended <= (interval.ended_at or ended) <= ended + MOST_DELAY:
            yield f"{name(machine)} ended {ended} and is in the ledger until {interval.ended_at}"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
