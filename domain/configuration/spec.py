"""The compute configuration: Anyscale's own keys, and one block of ours.

The models say what *shape* a configuration has. Contradictions between values are found by
`domain.validation`, so that an unfinished draft can still be held, compared and merged.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, model_validator

from domain.configuration.hardware import PhysicalResources as PhysicalResources
from domain.configuration.hardware import default_name
from domain.configuration.scaling import Budget as Budget
from domain.configuration.scaling import ConsolidationMode as ConsolidationMode
from domain.configuration.scaling import Disruption as Disruption
from domain.configuration.scaling import ForecastMode as ForecastMode
from domain.configuration.scaling import ForecastSettings as ForecastSettings
from domain.configuration.scaling import GroupSettings as GroupSettings
from domain.configuration.scaling import Rule as Rule
from domain.configuration.scaling import Scaling as Scaling
from domain.configuration.scaling import Schedule as Schedule
from domain.configuration.scaling import WindowSettings as WindowSettings
from domain.configuration.types import (
    Amount,
    Amounts,
    Anything,
    AtLeastOne,
    Count,
    Flag,
    Minutes,
    Model,
    Text,
    Words,
    empty_if_null,
)
from domain.quantities import format_bytes, tidy_number

type Plain = dict[str, Any]
"""A mapping of JSON values, as the text or the form wrote them."""


class MarketType(StrEnum):
    """How machines are bought: at list price, as spot, or as spot with a fallback."""

    ON_DEMAND = "ON_DEMAND"
    SPOT = "SPOT"
    PREFER_SPOT = "PREFER_SPOT"


class CloudDeployment(Model):
    """A machine pool or deployment that a node is taken from."""

    provider: Text | None = None
    region: Text | None = None
    machine_pool: Text | None = None
    id: Text | None = None


class NodeConfig(Model):
    """One kind of machine: a named instance type, or the hardware it must have."""

    instance_type: Text | None = None
    required_resources: PhysicalResources | None = None
    resources: Amounts = {}
    labels: Words = {}
    required_labels: Words = {}
    # `{}` on a node replaces the cluster's block with nothing, so it is not the same as none.
    advanced_instance_config: dict[Text, Any] | None = None
    flags: Anything = {}
    cloud_deployment: CloudDeployment | None = None


class HeadNode(NodeConfig):
    """The machine that runs Ray's control plane; it takes no work while there are workers."""


class WorkerGroup(NodeConfig):
    """Workers of one kind; a group without a name is called after its machine."""

    name: Text = ""
    min_nodes: Count = 0
    max_nodes: AtLeastOne = 10
    market_type: MarketType = MarketType.ON_DEMAND

    @property
    def hosts(self) -> int:
        """How many nodes one of the group's is: those of a TPU slice come and go together."""
        required = self.required_resources
        return (required.tpu_hosts or 1) if required and required.TPU else 1

    @model_validator(mode="before")
    @classmethod
    def _name_after_the_machine(cls, data: object) -> object:
        if not isinstance(data, Mapping) or data.get("name") is not None:
            return data
        return {**data, "name": default_name(cast("Mapping[str, object]", data))}


class Mount(Model):
    """A storage that every node sees under a path."""

    storage: Text = ""
    path: Text = ""
    access: Literal["read", "write"] = "read"


class MobulaBlock(Model):
    """What Mobula adds; without this block the rest is a valid Anyscale configuration."""

    image: Text | None = None
    autoscaling: Flag = True
    scaling: Scaling = Scaling()
    idle_minutes: Minutes = 30
    max_lifetime_minutes: Minutes = 480
    worker_idle_seconds: Count = 60
    max_usd_per_hour: Amount | None = None
    max_nodes: AtLeastOne | None = None  # workers of all groups together
    upscaling_speed: Amount | None = None  # as in Ray; None: nodes start as soon as they are needed
    # Anyscale lets a node's block replace the cluster's; with this, the two are merged.
    merge_instance_config: Flag = False
    # Burstable machines may be chosen for `required_resources`; named ones always may.
    allow_burstable: Flag = False
    groups: Annotated[dict[Text, GroupSettings], BeforeValidator(empty_if_null)] = {}
    mounts: tuple[Mount, ...] = ()
    # By environment (dev, test, prod): what differs there, as a part of a configuration.
    environments: Annotated[dict[Text, Anything], BeforeValidator(empty_if_null)] = {}


class ResourceConfig(Model):
    """The cluster on one cloud resource: its head, its groups, its limits."""

    cloud: Text | None = None
    cloud_resource: Text | None = None
    head_node: HeadNode | None = None
    worker_nodes: tuple[WorkerGroup, ...] | None = None
    min_resources: Amounts = {}
    max_resources: Amounts = {}
    zones: tuple[Text, ...] | None = None
    enable_cross_zone_scaling: Flag = False
    advanced_instance_config: Anything = {}
    flags: Anything = {}
    auto_select_worker_config: Flag = False

    @property
    def groups(self) -> tuple[WorkerGroup, ...]:
        """The worker groups; none if `worker_nodes` is empty or left out."""
        return self.worker_nodes or ()

    def group(self, name: str) -> WorkerGroup | None:
        """The first group of that name."""
        return next((group for group in self.groups if group.name == name), None)


class ComputeConfig(ResourceConfig):
    """A whole cluster as it is wanted; with `configs`, once for each cloud resource."""

    # Anyscale's form for several cloud resources: the first is the primary one. Beside it only
    # `cloud`, `flags` and our block have a meaning.
    configs: tuple[ResourceConfig, ...] | None = None
    mobula: Annotated[MobulaBlock, BeforeValidator(empty_if_null)] = MobulaBlock()

    @property
    def resource_configs(self) -> tuple["ComputeConfig", ...]:
        """The configuration of each cloud resource by itself, the shared parts in each of them."""
        if self.configs is None:
            return (self,)
        shared = {"cloud": self.cloud, "mobula": self.mobula}
        return tuple(
            ComputeConfig.model_validate(
                {**dict(one), **shared, "flags": {**self.flags, **one.flags}}
            )
            for one in self.configs
        )

    @property
    def primary(self) -> "ComputeConfig":
        """The configuration that a launch begins with."""
        return self.resource_configs[0] if self.configs else self

    @property
    def worker_idle_seconds(self) -> int:
        """How long a worker may be idle: our block's word, else Anyscale's flag, else 60 s."""
        flag = self.flags.get("idle_termination_seconds")
        untouched = self.mobula.worker_idle_seconds == MobulaBlock().worker_idle_seconds
        return flag if untouched and type(flag) is int else self.mobula.worker_idle_seconds

    def idle_seconds_of(self, group: str) -> int:
        """How long a worker of this group may be idle: its own word, else the cluster's."""
        own = self.settings_of(group).worker_idle_seconds
        return self.worker_idle_seconds if own is None else own

    def settings_of(self, group: str) -> GroupSettings:
        """What our block says about this group alone."""
        return self.mobula.groups.get(group, GroupSettings())

    def consolidation_of(self, group: str) -> ConsolidationMode:
        """Whether this group is consolidated: its own word, else the cluster's."""
        return self.settings_of(group).consolidation or self.mobula.scaling.consolidation

    def replace(self, **values: object) -> Self:
        """The same configuration with these top-level fields changed and checked again."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**fields, **values})


def canonical(config: ComputeConfig) -> Plain:
    """The one way to write this configuration: keys sorted, defaults dropped, numbers tidy."""
    return cast("Plain", _sorted(written(config)))


def digest(config: ComputeConfig) -> str:
    """The SHA-256 in hex of the canonical JSON: the same for configurations that mean the same."""
    return hashlib.sha256(canonical_json(canonical(config)).encode()).hexdigest()


def canonical_json(value: object) -> str:
    """The value as JSON that is the same byte for byte whenever the value is the same."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def written(model: BaseModel) -> Plain:
    """What must be written down of a model: its fields in reading order, without the defaults."""
    plain = {
        name: tidied(value)
        for name in reading_order(type(model))
        if (value := getattr(model, name)) != type(model).model_fields[name].default
    }
    if isinstance(model, PhysicalResources) and model.memory is not None:
        plain["memory"] = format_bytes(model.memory)
    if isinstance(model, MobulaBlock):
        plain = {key: 0 if item is None else item for key, item in plain.items()}
    if isinstance(model, WorkerGroup):
        plain.pop("name", None)
        if model.name != default_name(plain):
            plain = {"name": model.name, **plain}
    return plain


def reading_order(model: type[BaseModel]) -> list[str]:
    """The model's keys, what people look for first in front."""
    return sorted(model.model_fields, key=lambda key: (key not in _FIRST, _FIRST.get(key, 0)))


_FIRST = {
    key: place
    for place, key in enumerate((
        "name", "group", "nodes", "instance_type", "required_resources", "min_nodes", "max_nodes",
        "market_type",
    ))
}  # fmt: skip


def tidied(value: object) -> object:
    """The value in plain dicts and lists, with tidy numbers; free mappings by the alphabet."""
    match value:
        case BaseModel():
            return written(value)
        case StrEnum():
            return str(value)
        case Mapping():
            return {key: tidied(value[key]) for key in sorted(value)}
        case list() | tuple():
            return [tidied(item) for item in value]
        case float():
            return tidy_number(value)
    return value


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
