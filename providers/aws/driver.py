"""Machines of EC2: the seven verbs for one account in one region."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

from domain.offerings import Market, Offering, ProviderKind
from domain.orphans import ResourceKind
from providers.aws.account import AwsAccount, read_account
from providers.aws.calls import Calls
from providers.aws.client import Clients
from providers.aws.machines.ended import EndedNames
from providers.aws.machines.images import Images
from providers.aws.machines.launching import Launcher
from providers.aws.machines.listing import LAG_SECONDS, NEWEST_SECONDS, Listing
from providers.aws.machines.network import Network
from providers.aws.machines.observing import Observer
from providers.aws.machines.packing import across
from providers.aws.machines.termination import Termination
from providers.aws.machines.user_data import UserData, ray_node
from providers.aws.notices.queue import NoticeQueue
from providers.aws.owned.inventory import Inventory
from providers.aws.prices import AwsPrices
from providers.base import (
    Account,
    ClusterRef,
    DriverFacts,
    NodeSpec,
    ObservedNode,
    PriceAccess,
    Throttled,
)
from providers.inventory import OwnedResource
from providers.notices import Message
from providers.shared_answers import AnswerStore

# With `look_every_calm`: what is known of a settled cluster is at most 15 s old. All settled
# clusters of an account and region together ask for ten lists a minute.
CALM_LIST_SECONDS = 6.0
FACTS = DriverFacts(
    launch_limit=timedelta(minutes=15),
    boot_limit=timedelta(minutes=15),  # a GPU image boots and pulls for minutes
    list_is_fresh_after=timedelta(seconds=LAG_SECONDS),
    look_every_busy=timedelta(seconds=3),
    look_every_calm=timedelta(seconds=9),
    nodes_join=True,
    lease=timedelta(seconds=100),
)


class AwsDriver:
    """Drives the machines of an account; any number of processes may do so at once.

    `root` is where ended names are written down. `user_data` makes what machines run first, in the
    place of the bootstrap of nodes.
    `max_age` is how old a list of machines may be that `observe` answers from, in seconds.
    `answers` is where processes share it. All waits and ages are by `clock` and `sleep`.
    """

    kind: ClassVar[ProviderKind] = ProviderKind.AWS
    facts = FACTS

    def __init__(
        self,
        account: AwsAccount,
        *,
        root: Path,
        user_data: UserData | None = None,
        max_age: float = NEWEST_SECONDS,
        answers: AnswerStore | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self.account, self.place, self._max_age = account, account.place, max_age
        self._clients = Clients(account)
        self._sts = self._calls("AWS STS", "sts")
        ec2 = self._calls("EC2", "ec2")
        self._ended = EndedNames(root / "ended")
        self._network = Network(account, ec2)
        self.listing = Listing(
            ec2,
            installation=account.installation,
            across=across(answers, place=account.place, installation=account.installation),
            clock=clock,
        )
        self._inventory = Inventory(ec2, account.installation)
        self._notices = NoticeQueue(
            account.interruption_queue, self._calls("Amazon SQS", "sqs"), self._names_of
        )
        self._observer = Observer(self._ended, clock=clock)
        self._termination = Termination(ec2=ec2, listing=self.listing, ended=self._ended)
        self._launcher = Launcher(
            account=account,
            ec2=ec2,
            images=Images(
                account, ec2=ec2, ssm=self._calls("AWS Systems Manager", "ssm"), clock=clock
            ),
            network=self._network,
            listing=self.listing,
            ended=self._ended,
            termination=self._termination,
            user_data=user_data or partial(ray_node, account=account),
            clock=clock,
        )

    def _calls(self, name: str, service: str) -> Calls:
        return Calls(
            name,
            lambda: self._clients.client(service),
            clock=self._clock,
            sleep=self._sleep,
        )

    def verify(self) -> str:
        """Return the account's number and who Mobula is there, or raise `BadCredentials`."""
        answer = self._sts("get_caller_identity")
        return f"{answer['Account']} ({answer['Arn'].rpartition(':')[2]})"

    def offerings(self, region: str) -> Sequence[Offering]:
        """Return every machine type in each zone at both markets, with its price where known."""
        prices = AwsPrices(PriceAccess(), client=self._clients.borrowed)
        dollars = {
            (p.instance_type, p.zone, p.market): p.usd_per_hour for p in prices.prices(region)
        }
        return tuple(
            Offering(
                instance_type=machine.name,
                region=region,
                zone=zone,
                market=market,
                arch=machine.arch,
                vcpus=machine.vcpus,
                memory_bytes=machine.memory_bytes,
                gpus=machine.gpus,
                gpu_model=machine.gpu_model,
                hourly_usd=dollars.get((machine.name, zone, market))
                or dollars.get((machine.name, "", market)),
            )
            for machine in prices.machine_types(region)
            for zone in sorted(machine.zones or ())
            for market in Market
            if market is not Market.SPOT or machine.has_spot
        )

    def prepare(self, cluster: ClusterRef) -> None:
        """Make the cluster's security group, unless the account has its own."""
        if self._ended.of(cluster.handle).is_over:
            return
        self._network.prepare(cluster)
        if self._ended.of(cluster.handle).is_over:  # destroyed while we prepared it
            self._network.destroy(cluster)

    def launch(self, cluster: ClusterRef, nodes: Sequence[NodeSpec]) -> None:
        """Ask for the nodes, in one call for each batch (see `NodeSpec.batch`).

        A machine starts its agent itself, and starts it again when it ends.
        """
        self._launcher.launch(cluster, nodes)

    def terminate(self, cluster: ClusterRef, names: Sequence[str]) -> None:
        """Ask for the machines' end and bar their names for good."""
        if names:
            self._termination.terminate(cluster, names)

    def observe(self, cluster: ClusterRef) -> Sequence[ObservedNode]:
        """Report the cluster's nodes, from the list that all clusters of the account share."""
        machines = self.listing.of(cluster.handle, max_age=self._max_age)
        return self._observer.nodes(cluster.handle, machines)

    def observe_all(self, clusters: Sequence[ClusterRef]) -> Mapping[str, Sequence[ObservedNode]]:
        """Report the nodes of many clusters in which nothing moves, by the cluster's handle.

        The list may be a little older than for `observe`: all that look within that time share it.
        """
        found = {}
        for cluster in clusters:
            machines = self.listing.of(cluster.handle, max_age=CALM_LIST_SECONDS)
            found[cluster.handle] = self._observer.nodes(cluster.handle, machines)
        return found

    def destroy(self, cluster: ClusterRef) -> None:
        """Remove the cluster's groups; raises `Throttled` while machines still use them."""
        self._ended.end_cluster(cluster.handle)
        if self._termination.end_all(cluster):
            raise Throttled(
                "Machines of the cluster are still ending. Its groups are removed later."
            )
        self._network.destroy(cluster)

    def resources(self) -> Sequence[OwnedResource]:
        """Return everything of the account and region that carries the installation's tag."""
        return self._inventory.all()

    def resource(self, kind: ResourceKind, resource_id: str) -> OwnedResource | None:
        """Return one of them as EC2 lists it now; None: it is gone."""
        return self._inventory.one(kind, resource_id)

    def remove_resource(self, kind: ResourceKind, resource_id: str) -> None:
        """Remove one whose tag was read again just before; raises `Throttled` while it is used."""
        self._inventory.remove(kind, resource_id)

    @property
    def notice_queue(self) -> str:
        """The URL of the queue that EC2's events come to; "" for none."""
        return self._notices.url

    def receive_notices(self) -> Sequence[Message]:
        """Return up to ten messages of the queue."""
        return self._notices.receive()

    def settle_notices(self, receipts: Sequence[str]) -> None:
        """Remove messages from the queue."""
        self._notices.settle(receipts)

    def _names_of(self, ids: Collection[str]) -> Mapping[str, str]:
        return {name: machine.name for name, machine in self.listing.of_ids(ids).items()}


def open_driver(account: Account) -> AwsDriver:
    """Return the driver of an account; raises `InvalidRequest` for settings that are wrong."""
    # By the cloud, not by how it signs in: keys may be replaced, and what has ended has ended.
    root = account.home / "aws" / (account.id or "new")
    return AwsDriver(read_account(account), root=root, answers=account.answers)
