"""Mobula's machines in an account and region: one list for all clusters that look at it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from domain.lifecycle import NodeRole
from providers.aws import tags
from providers.aws.calls import PAGE, Calls
from providers.shared_answers import AcrossProcesses
from providers.single_flight import SharedAnswer

# EC2's lists lag: for so long, what it answered to a call is truer than what it lists.
LAG_SECONDS = 120.0
# How old a list may be for a cluster in which something moves.
NEWEST_SECONDS = 3.0
# Which machine an id is does not change: any list that has it will do.
KNOWN_SECONDS, MOST_FOREIGN = 60.0, 10_000
GOING = frozenset({"shutting-down", "terminated"})
_ROLES = {role.value: role for role in NodeRole}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One instance, as far as Mobula looks at it."""

    id: str
    name: str  # of the node that it is
    handle: str
    batch: str
    index: int
    role: NodeRole
    state: str  # in EC2's words
    zone: str
    address: str
    launched_at: datetime | None
    reason_code: str = ""
    reason: str = ""
    ended_at: datetime | None = None


type Machines = Mapping[str, Sequence[Machine]]
"""The machines of each cluster, by its handle."""


def by_handle(machines: Iterable[Machine]) -> Machines:
    """Return machines by the cluster that they are of."""
    found: dict[str, list[Machine]] = {}
    for machine in machines:
        found.setdefault(machine.handle, []).append(machine)
    return found


def machine_of(row: Mapping[str, Any]) -> Machine | None:
    """Return what an instance is; None for one that does not carry our tags."""
    found = tags.of_rows(row.get("Tags", ()))
    handle, batch = found.get(tags.CLUSTER, ""), found.get(tags.BATCH, "")
    index = int(row.get("AmiLaunchIndex", 0))
    if not handle or not batch:
        return None
    reason = row.get("StateReason", {})
    return Machine(
        id=row["InstanceId"],
        name=tags.name_of(batch, index),
        handle=handle,
        batch=batch,
        index=index,
        role=_ROLES.get(found.get(tags.ROLE, ""), NodeRole.WORKER),
        state=row["State"]["Name"],
        zone=row.get("Placement", {}).get("AvailabilityZone", ""),
        address=row.get("PrivateIpAddress", ""),
        launched_at=row["LaunchTime"].astimezone(UTC) if "LaunchTime" in row else None,
        reason_code=reason.get("Code", ""),
        reason=reason.get("Message", ""),
        ended_at=_ended_at(row.get("StateTransitionReason", "")),
    )


def _ended_at(words: str) -> datetime | None:
    """Return the moment in words such as "User initiated (2026-11-29 16:40:36 GMT)"."""
    inside = words.partition("(")[2].partition(" GMT")[0]
    try:
        return datetime.strptime(inside, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


class Listing:
    """The machines of all clusters of an installation, from as few calls as may be.

    What EC2 answered to this process's own launches and terminates is laid over the list until
    the list has caught up. The list itself is shared by the threads of this process, and with
    `across` by all processes of the installation.
    """

    def __init__(
        self,
        ec2: Calls,
        *,
        installation: str,
        across: AcrossProcesses[Machines] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ec2, self._installation = ec2, installation or tags.ANY
        self._clock = clock
        self._shared = SharedAnswer(self._ask, across=across, clock=clock)
        self._lock = Lock()
        self._launched: dict[str, tuple[float, Machine]] = {}  # by id
        self._ended: dict[str, float] = {}
        self._foreign: set[str] = set()  # ids
        self._unknown: set[str] = set()

    def of(self, handle: str, *, max_age: float = NEWEST_SECONDS) -> Sequence[Machine]:
        """Return one cluster's machines from the list of all."""
        return self._laid_over(handle, self._shared.read(max_age=max_age).get(handle, ()))

    def newest_of(self, handle: str) -> Sequence[Machine]:
        """Return one cluster's machines as EC2 lists them now, in a call of its own."""
        return self._laid_over(handle, self._listed([_tagged(tags.CLUSTER, handle)]))

    def of_ids(self, ids: Collection[str]) -> Mapping[str, Machine]:
        """Return those of some instances that are this installation's, by id.

        What the shared list does not have is asked for, and remembered where it is not ours.
        """
        with self._lock:
            wanted = set(ids) - self._foreign
        if not wanted:
            return {}
        listed = self._shared.read(max_age=KNOWN_SECONDS)
        found = {one.id: one for those in listed.values() for one in those if one.id in wanted}
        if missing := sorted(wanted - found.keys()):
            own = _tagged(tags.INSTALLATION, self._installation)
            asked = self._listed([own, {"Name": "instance-id", "Values": missing}])
            found |= {one.id: one for one in asked}
            self._note_foreign(set(missing) - found.keys())
        return found

    def _note_foreign(self, ids: Collection[str]) -> None:
        """Remember instances of others; a new one of ours may not be listed yet, for a while."""
        with self._lock:
            self._foreign |= self._unknown & set(ids)  # not found twice
            self._unknown = (self._unknown | set(ids)) - self._foreign
            if len(self._foreign) + len(self._unknown) > MOST_FOREIGN:
                self._foreign, self._unknown = set(), set()

    def by_token(self, token: str) -> Sequence[Machine]:
        """Return what a launch with this token has started."""
        return self._listed([{"Name": "client-token", "Values": [token]}])

    def note_launched(self, machines: Iterable[Machine]) -> None:
        """Remember what EC2 answered to a launch."""
        now = self._clock()
        with self._lock:
            self._launched.update({machine.id: (now, machine) for machine in machines})

    def note_ended(self, ids: Iterable[str]) -> None:
        """Remember which machines EC2 agreed to end."""
        now = self._clock()
        with self._lock:
            self._ended.update(dict.fromkeys(ids, now))

    def _ask(self) -> Machines:
        return by_handle(self._listed([_tagged(tags.INSTALLATION, self._installation)]))

    def _listed(self, filters: Sequence[Mapping[str, Any]]) -> Sequence[Machine]:
        rows = self._ec2.pages(
            "describe_instances", "Reservations", Filters=filters, MaxResults=PAGE
        )
        found = (machine_of(row) for reservation in rows for row in reservation["Instances"])
        return [machine for machine in found if machine is not None]

    def _laid_over(self, handle: str, listed: Sequence[Machine]) -> Sequence[Machine]:
        launched, ended = self._noted(handle)
        if not launched and not ended:
            return listed
        both = launched | {machine.id: machine for machine in listed}
        return [
            replace(machine, state="shutting-down")
            if machine.id in ended and machine.state not in GOING
            else machine
            for machine in both.values()
        ]

    def _noted(self, handle: str) -> tuple[dict[str, Machine], Collection[str]]:
        """Return what was noted lately of a cluster; what is older, the list knows better."""
        oldest = self._clock() - LAG_SECONDS
        with self._lock:
            self._launched = {k: v for k, v in self._launched.items() if v[0] >= oldest}
            self._ended = {k: at for k, at in self._ended.items() if at >= oldest}
            launched = {k: one for k, (_, one) in self._launched.items() if one.handle == handle}
            return launched, frozenset(self._ended)


def _tagged(key: str, value: str) -> Mapping[str, Any]:
    return {"Name": f"tag:{key}", "Values": [value]}
