"""Real Ray nodes as processes of this machine, each with a keeper of its own (see keeper.py)."""

import contextlib
import json
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import psutil

from domain.cooldowns import FailureClass
from domain.lifecycle import NodeRole
from domain.offerings import Offering, ProviderKind
from providers.base import (
    Account,
    BadCredentials,
    CapacityUnavailable,
    ClusterRef,
    DriverFacts,
    InvalidRequest,
    NodeError,
    NodeSpec,
    ObservedNode,
    ProviderError,
    Throttled,
    raise_failures,
)
from providers.local import accounts, faults, processes
from providers.local.commands import NodePaths, agent_config, keeper_request
from providers.local.directories import (
    ClusterDirectory,
    NodeDirectory,
    make_private,
    ray_directories,
    write_secret,
)
from providers.local.installation import ray_program, ray_version
from providers.local.launching import packed_agent, shared_agent, start_keeper
from providers.local.offerings import local_offerings
from providers.local.processes import translated
from providers.local.programs import runnable
from providers.local.records import NodeRecord, log_tails
from providers.local.workspaces.files import WorkspaceFiles, hand_over, place_of, take_back
from providers.node_logs import LogTail

GIB = 2**30
PATIENCE_SECONDS = 8  # the keeper's own, and a little for it to clean up


class LocalDriver(WorkspaceFiles):
    """Drives the nodes below `root`; any number of processes may do so at once.

    As root it gives each cluster a user ID of its own; else nodes run as Mobula's user.

    `agent` is the program to run beside each head with the head's Python; None: no agent.
    `memory_per_node` is the free memory without which another node is not started, in bytes.
    """

    kind: ClassVar[ProviderKind] = ProviderKind.LOCAL
    facts = DriverFacts()

    def __init__(
        self, root: Path, *, agent: Path | None = None, memory_per_node: int = GIB
    ) -> None:
        self.root = root.resolve()
        self.place = str(self.root)
        self.agent = agent.resolve() if agent else None
        self.memory_per_node = memory_per_node

    def verify(self) -> str:
        """Return this machine's name; raise `BadCredentials` when no Ray node could start on it."""
        with translated():
            try:
                ray_version(ray_program(""))
                if accounts.are_needed():
                    runnable(ray_program(""), accounts.ClusterAccount(accounts.LAST_ID))
            except InvalidRequest as error:
                raise BadCredentials(str(error)) from error
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            free = shutil.disk_usage(self.root).free
            if free < GIB:
                raise BadCredentials(
                    f"{self.root} has {free / GIB:.1f} GiB free; Ray needs at least 1 GiB."
                )
            return socket.gethostname()

    def offerings(self, region: str) -> Sequence[Offering]:
        """Return the declared sizes; they have no price here, the rate card gives them one."""
        return local_offerings(region)

    def prepare(self, cluster: ClusterRef) -> None:
        """Make the cluster's directory and its token file."""
        with translated():
            directory = self._directory(cluster)
            if not directory.ended:
                directory.prepare(cluster.ray_token)

    def launch(self, cluster: ClusterRef, nodes: Sequence[NodeSpec]) -> None:
        """Start those `nodes` that never were started, and keep a head's agent up to date.

        Raises `Throttled` for workers whose head does not answer yet, and `LaunchFailed` for
        nodes that cannot be started: this machine's memory is used up, or the plan says so.
        """
        with translated():
            directory, refused = self._directory(cluster), []
            for spec in nodes:
                error = self._launch(cluster, spec, directory)
                if error is not None:
                    refused.append(NodeError(spec.name, error))
                if error is not None and error.failure_class is FailureClass.TRANSIENT:
                    break  # the others would wait as long in vain
            raise_failures(refused)

    def _launch(
        self, cluster: ClusterRef, spec: NodeSpec, directory: ClusterDirectory
    ) -> ProviderError | None:
        """Start the node unless it ever was; return why it is refused, if it is."""
        record = NodeRecord.read(directory.node(spec.name))
        if record is not None:
            self._refresh_agent(cluster, record)
            return None
        if directory.node(spec.name).ended:
            return None
        if not directory.prepared:
            raise InvalidRequest(f"Cluster {cluster.name} has not been prepared.")
        if planned := faults.refusal(self.root, spec):
            return planned
        try:
            self._start(cluster, spec, directory)
        except (CapacityUnavailable, Throttled) as error:
            return error
        return None

    def terminate(self, cluster: ClusterRef, names: Sequence[str]) -> None:
        """Bar the names for ever and ask their processes to end; asked again later, kill them."""
        with translated():
            directory = self._directory(cluster)
            for name in names:
                node = directory.node(name)
                asked_before = (node.path / "ended").exists()
                node.end()
                _end_processes(node, patient=not asked_before or _ended_lately(node))

    def observe(self, cluster: ClusterRef) -> Sequence[ObservedNode]:
        """Return the nodes that were started and are not gone; forget those that are."""
        with translated():
            directory = self._directory(cluster)
            faults.interrupt(self.root, directory.nodes())
            return tuple(_observed(directory))

    def log_tails(self, cluster: ClusterRef, name: str) -> Sequence[LogTail]:
        """Return what starting the node, its keeper and its agent printed last."""
        with translated():
            return tuple(log_tails(self._directory(cluster).node(name)))

    def destroy(self, cluster: ClusterRef) -> None:
        """Bar the whole cluster for ever and remove all but its tombstone.

        Raises `Throttled` while a node that came late is still being killed.
        """
        with translated():
            directory = self._directory(cluster)
            directory.end()
            for node in directory.nodes():
                _end_processes(node, patient=False)
            if accounts.are_needed() and not accounts.release(directory.path):
                raise Throttled(f"A process of {cluster.name} is still stopping.")
            if left := list(_observed(directory)):
                raise Throttled(f"{left[0].name} is still stopping.")
            directory.strip()
            if cluster.workspace:
                take_back(place_of(self.root, cluster.workspace.workspace_id))
            with contextlib.suppress(OSError):  # of other clusters' nodes, or removed already
                ray_directories(self.root).rmdir()

    def _directory(self, cluster: ClusterRef) -> ClusterDirectory:
        return ClusterDirectory.of(self.root, cluster.handle)

    def _start(self, cluster: ClusterRef, spec: NodeSpec, directory: ClusterDirectory) -> None:
        head_address = "" if spec.role is NodeRole.HEAD else _head_address(directory)
        self._check_memory(spec)
        account = accounts.claim(directory.path) if accounts.are_needed() else None
        node, workspace = directory.node(spec.name), None
        if cluster.workspace and spec.role is NodeRole.HEAD:
            workspace = place_of(self.root, cluster.workspace.workspace_id)
            hand_over(workspace, account)
        place = NodePaths(
            cluster=directory,
            node=node,
            ray_directories=account.path if account else ray_directories(self.root),
            head_address=head_address,
            agent=shared_agent(self.agent) if account and self.agent else self.agent,
            account=account,
            workspace=workspace,
        )
        request = keeper_request(cluster, spec, place)
        if account:
            account.share("token", cluster.ray_token)
            account.own(place.ray_directory)
        else:
            make_private(place.ray_directories)
            place.ray_directory.mkdir(exist_ok=True, mode=0o700)
        node.path.mkdir(exist_ok=True, mode=0o700)
        start_keeper(node, request)

    def _check_memory(self, spec: NodeSpec) -> None:
        free = psutil.virtual_memory().available
        if free < self.memory_per_node:
            raise CapacityUnavailable(
                f"This machine has {free / GIB:.1f} GiB of memory left; node {spec.name} needs "
                f"{self.memory_per_node / GIB:.1f} GiB. Stop a cluster or lower its minimum."
            )

    def _refresh_agent(self, cluster: ClusterRef, record: NodeRecord) -> None:
        """Hand a head's agent its new access to Mobula, if it changed; its keeper restarts it."""
        if record.role is not NodeRole.HEAD or self.agent is None:
            return
        wanted = agent_config(cluster, record.content, record.ray_directory.parent)
        path = record.agent_file
        if wanted is None or (path.exists() and json.loads(path.read_text()) == wanted):
            return
        write_secret(path, json.dumps(wanted), group=record.content.get("uid"))
        if (keeper := record.keeper) is not None:
            processes.ask_to_reload(keeper)


def open_driver(account: Account) -> LocalDriver:
    """Return the driver for the nodes below Mobula's home directory, with the head agent.

    All accounts are this one machine, so they share its directories.
    """
    return LocalDriver(account.home / "local", agent=packed_agent(account.home / "agent"))


def _observed(directory: ClusterDirectory) -> Iterator[ObservedNode]:
    for node in directory.nodes():
        record = NodeRecord.read(node)
        if record is None:
            continue
        if node.ended and not any(record.processes()):
            node.strip(record.ray_directory)
        else:
            yield record.observed()


def _head_address(directory: ClusterDirectory) -> str:
    for node in directory.nodes():
        record = NodeRecord.read(node)
        if record and record.role is NodeRole.HEAD and not node.ended and record.endpoints:
            return record.endpoints.gcs_address
    raise Throttled("The head is not responding yet, so no worker can join.")


def _end_processes(node: NodeDirectory, *, patient: bool) -> None:
    record = NodeRecord.read(node)
    if record is None:
        return
    keeper = record.keeper
    if patient and keeper is not None:
        processes.ask_to_end(keeper)  # it ends Ray first, then kills what is left, then itself
        return
    # A list first: with the keeper gone its descendants could not be told any more.
    for process in list(record.processes()):
        processes.kill(process)


def _ended_lately(node: NodeDirectory) -> bool:
    return time.time() - (node.path / "ended").stat().st_mtime < PATIENCE_SECONDS
