"""Ask EC2 for machines so that each node has exactly one, however often it is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.aws.account import AwsAccount
from providers.aws.calls import Calls
from providers.aws.errors import code_of
from providers.aws.machines.batches import Batch, batches_of
from providers.aws.machines.ended import EndedNames
from providers.aws.machines.images import Hardware, Images
from providers.aws.machines.listing import GOING, Listing, Machine, machine_of
from providers.aws.machines.network import NOT_YET, Network
from providers.aws.machines.request import Frame, parameters_of, wants_efa, zone_of
from providers.aws.machines.termination import Termination
from providers.aws.machines.user_data import UserData
from providers.base import (
    CapacityUnavailable,
    ClusterRef,
    NodeError,
    NodeSpec,
    ProviderError,
    Throttled,
    Unreachable,
    raise_failures,
)

# What a launch does not get to in this time is asked for by the next one.
PATIENCE_SECONDS = 40.0
# The token of a call is known already: its machines are those of an earlier one.
_ASKED_BEFORE = frozenset({"IdempotentParameterMismatch", "IdempotentInstanceTerminated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """Launches batches of one account."""

    account: AwsAccount
    ec2: Calls
    images: Images
    network: Network
    listing: Listing
    ended: EndedNames
    termination: Termination
    user_data: UserData
    clock: Callable[[], float] = time.monotonic

    def launch(self, cluster: ClusterRef, nodes: Sequence[NodeSpec]) -> None:
        """Ask for those nodes that have not ended; raise what was refused, by node."""
        gone = self.ended.of(cluster.handle)
        wanted = [node for node in nodes if node.name not in gone]
        batches = batches_of(wanted)
        if not batches:
            return
        groups = self.network.groups(cluster)
        known = {machine.name for machine in self.listing.of(cluster.handle)}
        began, failures = self.clock(), []
        for batch in batches:
            missing = [node.name for node in batch.nodes if node.name not in known]
            if not missing:
                continue
            if self.clock() - began > PATIENCE_SECONDS:
                late = Throttled("EC2 answers slowly. The rest is requested later.")
                failures += [NodeError(name, late) for name in missing]
                continue
            failures += self._launch(cluster, batch, groups, missing)
        raise_failures(failures)

    def _launch(
        self, cluster: ClusterRef, batch: Batch, groups: Sequence[str], missing: Collection[str]
    ) -> list[NodeError]:
        """Launch a batch; return why each of the missing ones was refused."""
        try:
            machines = self._ask(cluster, batch, groups)
        except ProviderError as error:
            if self.network.has_lost(cluster, error):
                error = Throttled(NOT_YET)
            return [NodeError(name, error) for name in missing]
        self.listing.note_launched(machines)
        self._end_late(cluster, machines)
        there = {machine.name for machine in machines}
        return [
            NodeError(name, _none_left(batch, len(machines)))
            for name in missing
            if name not in there
        ]

    def _ask(self, cluster: ClusterRef, batch: Batch, groups: Sequence[str]) -> Sequence[Machine]:
        """Return the machines of a batch: those that start now, or those of an earlier call."""
        parameters = self._parameters(cluster, batch, groups)
        try:
            answer = self.ec2("run_instances", **parameters)
        except ProviderError as error:
            if code_of(error) not in _ASKED_BEFORE:
                raise
            return self._asked_before(batch)
        found = (machine_of(row) for row in answer["Instances"])
        return [machine for machine in found if machine is not None]

    def _asked_before(self, batch: Batch) -> Sequence[Machine]:
        """Return what was started with the batch's token and other settings."""
        machines = self.listing.by_token(batch.token)
        if not machines:
            raise Unreachable("EC2 does not list machines that it has started.")
        return machines

    def _parameters(
        self, cluster: ClusterRef, batch: Batch, groups: Sequence[str]
    ) -> Mapping[str, Any]:
        node = batch.kind
        hardware = self.images.hardware(node.instance_type)
        frame = Frame(
            account=self.account,
            hardware=hardware,
            image=self.images.image(hardware),
            groups=[*groups, *_group_of_efa(node, hardware)],
            placement_group=self._placement_group(cluster, node, hardware),
            user_data=self.user_data(cluster, node),
        )
        return parameters_of(cluster, batch, frame)

    def _placement_group(self, cluster: ClusterRef, node: NodeSpec, hardware: Hardware) -> str:
        if not wants_efa(node, hardware):
            return ""
        named: str = node.flags["efa_config"].get("placement_group", "")
        if named:
            return named
        made = self.network.placement_group(cluster, zone=zone_of(node, self.account))
        if self.ended.of(cluster.handle).is_over:  # destroyed while we made it
            self.network.destroy(cluster)
            raise Throttled("The cluster was destroyed while its nodes were requested.")
        return made

    def _end_late(self, cluster: ClusterRef, machines: Sequence[Machine]) -> None:
        """End what was terminated while we asked for it, and what only filled a place."""
        gone = self.ended.of(cluster.handle)
        self.termination.end(
            [one.id for one in machines if one.name in gone and one.state not in GOING]
        )


def _group_of_efa(node: NodeSpec, hardware: Hardware) -> Sequence[str]:
    named = node.flags["efa_config"].get("security_group_id") if wants_efa(node, hardware) else ""
    return [named] if named else []


def _none_left(batch: Batch, count: int) -> CapacityUnavailable:
    node = batch.kind
    where = f" in {node.zone}" if node.zone else ""
    return CapacityUnavailable(
        f"AWS had capacity for {count} of {batch.count} {node.instance_type} "
        f"{node.market.label.lower()} instances{where}."
    )
