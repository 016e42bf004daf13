"""What every provider driver promises: plain values in and out, no Django, no SDK types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol

from domain.cooldowns import FailureClass
from domain.demand import Resources
from domain.lifecycle import NodeRole
from domain.offerings import InstanceType, Market, Offering, ProviderKind
from providers.errors import BadCredentials as BadCredentials
from providers.errors import CapacityUnavailable as CapacityUnavailable
from providers.errors import InvalidRequest as InvalidRequest
from providers.errors import LaunchFailed as LaunchFailed
from providers.errors import NodeError as NodeError
from providers.errors import ProviderError as ProviderError
from providers.errors import QuotaExceeded as QuotaExceeded
from providers.errors import Throttled as Throttled
from providers.errors import Unreachable as Unreachable
from providers.errors import WrongSetting as WrongSetting
from providers.errors import raise_failures as raise_failures
from providers.shared_answers import AnswerStore
from providers.workspaces import WorkspaceRef as WorkspaceRef

# So many nodes are asked for together at most.
MOST_IN_BATCH = 100


class MachinePhase(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"  # something of it is still there, but it will never work


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account with a provider, as its driver is opened with.

    Two of the same id and version are equal: the version stands for all settings, so whatever
    changes them counts it up.
    """

    kind: ProviderKind
    id: str
    version: int = 1
    home: Path  # the directory where Mobula keeps its state
    name: str = field(default="", compare=False)
    region: str = field(default="", compare=False)
    settings: Mapping[str, Any] = field(default_factory=dict, compare=False)
    credentials: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    installation: str = field(default="", compare=False)  # whose machines these are
    # What its drivers in other processes are told; None: each driver asks for itself.
    answers: AnswerStore | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverFacts:
    """How long things take on an account, as far as whoever calls the driver must know."""

    # A machine that is not listed so long after its launch was asked for is given up.
    launch_limit: timedelta = timedelta(minutes=15)
    # A machine that runs but whose Ray has not joined after so long is given up.
    boot_limit: timedelta = timedelta(minutes=5)
    # For so long after its launch, a machine may be missing in `observe` though it exists.
    list_is_fresh_after: timedelta = timedelta(0)
    # How often to observe while something moves, and while nothing does.
    look_every_busy: timedelta = timedelta(seconds=1)
    look_every_calm: timedelta = timedelta(seconds=3)
    # Whether machines prove themselves to Mobula with a join token and report how they start.
    nodes_join: bool = False
    # Longer than any single call takes: the lease under which calls are made.
    lease: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class RayImage:
    """What runs on a node: Ray's version and where it is found (an image URI, or a ray binary)."""

    location: str
    ray_version: str
    python_version: str
    has_login: bool = False  # Mobula has credentials for its registry


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAccess:
    """How the head agent of one run of a cluster reaches Mobula."""

    url: str
    cluster_id: str
    run: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRef:
    """How a driver finds all that belongs to one cluster: by its handle, never by memory."""

    cluster_id: str
    handle: str  # short, unique for ever, fit for host names and paths: "c4f1a9e2"
    name: str
    region: str
    image: RayImage
    ray_token: str = field(default="", repr=False)  # empty: this Ray has no token authentication
    agent: AgentAccess | None = None
    workspace: WorkspaceRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    name: str  # "<handle>-<n>", chosen by us and never reused: asking twice launches once
    role: NodeRole
    group: str
    instance_type: str
    market: Market = Market.ON_DEMAND
    zone: str = ""
    resources: Resources  # logical: CPU, GPU, memory (bytes), object_store_memory (bytes), custom
    labels: Mapping[str, str] = field(default_factory=dict)
    # Where nodes join: what stands in its machine's user data, good once.
    join_token: str = field(default="", repr=False)
    # Nodes of one batch are of one kind and asked for together, now and whenever it is repeated.
    # Which of them are in it, and in which place, is written down before the first is asked for.
    batch: str = ""  # the name of its first node; "": this node alone
    batch_index: int = 0
    batch_size: int = 1
    raw: Mapping[str, Any] = field(default_factory=dict)  # the raw instance configuration
    flags: Mapping[str, Any] = field(default_factory=dict)  # those of the configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEndpoints:
    """Where a running head answers, as seen from Mobula's own host."""

    gcs_address: str  # host:port, for RAY_ADDRESS and for workers
    dashboard_url: str
    client_address: str = ""  # ray://host:port
    jupyter_url: str = ""  # where JupyterLab of a workspace listens: http://host:port


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedNode:
    name: str
    role: NodeRole
    phase: MachinePhase
    address: str = ""
    started_at: datetime | None = None
    reason: str = ""  # for a failed one: what happened, in words, with the last lines of its log
    failure: FailureClass | None = None  # of a failed one: the provider's reason, where it says one
    endpoints: HeadEndpoints | None = None  # of a head, once known
    interruption_at: datetime | None = None  # when the provider takes a spot machine back


class ProviderDriver(Protocol):
    """One cloud account.

    Every call may be repeated: the second call with the same arguments changes nothing.
    No call waits: a machine that takes minutes to boot shows up in a later `observe`.
    Every call raises only `ProviderError` and its subclasses.
    """

    kind: ClassVar[ProviderKind]

    @property
    def facts(self) -> DriverFacts:
        """How long things take here."""
        ...

    @property
    def place(self) -> str:
        """Where its machines are: drivers of one place see the same ones."""
        ...

    def verify(self) -> str:
        """Return the account's own name for itself, or raise `BadCredentials`."""
        ...

    def offerings(self, region: str) -> Sequence[Offering]:
        """List what can be rented in `region`, available right now or not."""
        ...

    def prepare(self, cluster: ClusterRef) -> None:
        """Make what the nodes will need before the first is launched."""
        ...

    def launch(self, cluster: ClusterRef, nodes: Sequence[NodeSpec]) -> None:
        """Ask for `nodes`. Some may start before the call raises.

        `LaunchFailed` says of each node that was refused why; all others were asked for. Any
        other error stands for every node that `observe` does not list afterwards.
        A name that was ever terminated is never started again, however late the call comes.
        For a head that runs, the call makes sure that its agent runs too.
        """
        ...

    def terminate(self, cluster: ClusterRef, names: Sequence[str]) -> None:
        """Ask for the nodes' removal. Unknown names are not an error: they are already gone."""
        ...

    def observe(self, cluster: ClusterRef) -> Sequence[ObservedNode]:
        """Report every node carrying the cluster's tag that has not finished terminating."""
        ...

    def destroy(self, cluster: ClusterRef) -> None:
        """Undo `prepare`. Called only when `observe` reports no nodes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MachinePrice:
    """What a provider itself says that a machine costs, and where it says so."""

    instance_type: str
    market: Market
    zone: str = ""  # "": anywhere in the region, at best
    usd_per_hour: Decimal
    as_of: date
    source: str  # in words: "EC2 price list"
    is_derived: bool = False  # summed up from the prices of its parts


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRate:
    """What custom machines of a family cost in dollars an hour; None where it is unknown."""

    family: str
    usd_per_vcpu: Decimal
    usd_per_gib: Decimal
    spot_usd_per_vcpu: Decimal | None = None
    spot_usd_per_gib: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAccess:
    """Whom a price source asks; empty stands for the provider's public addresses."""

    machines_url: str = ""  # of EC2, of Compute Engine
    prices_url: str = ""  # of AWS's price list, of Google's Cloud Billing Catalog
    project: str = ""  # on Google Cloud: who asks; empty: the project of the credentials
    # Those of a cloud; empty: of Mobula's own host.
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


class PriceSource(Protocol):
    """What a provider itself says of its machines and their prices, for one refresh.

    Every call reads all pages and raises only `ProviderError` and its subclasses.
    What the provider does not say, or says to be 0, is left out.
    """

    def machine_types(self, region: str) -> Sequence[InstanceType]:
        """Return the machines that a region offers, each with the zones that offer it."""
        ...

    def prices(self, region: str) -> Sequence[MachinePrice]:
        """Return the region's prices, and those of its zones where they differ."""
        ...

    def family_rates(self, region: str) -> Sequence[FamilyRate]:
        """Return what custom machines cost; none where the provider has no such machines."""
        ...
