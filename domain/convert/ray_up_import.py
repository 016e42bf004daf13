"""Reading the YAML of `ray up`: its node types, and all else of a node as a raw block."""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from domain.convert.ray_up import MARKET, WRAPPERS, scheduling
from domain.convert.result import Imported, Loss, Plain, mapping, opened, without_empty
from domain.problems import Problem, error
from domain.yaml.structure import structure

_OURS = "Set by Mobula and the image."
_READ = frozenset({
    "cluster_name", "max_workers", "idle_timeout_minutes", "provider", "available_node_types",
    "head_node_type", "docker",
})  # fmt: skip
# The key of our block that a machine's description stands under, for each provider that is known.
_WRAPPED: dict[str, str | None] = {"aws": None, "gcp": WRAPPERS[0]}
_NODE_KEYS = frozenset({
    "node_config", "resources", "labels", "min_workers", "max_workers", "idle_timeout_s",
})  # fmt: skip
_MACHINE = frozenset({"InstanceType", "machineType"})
_USUAL_MINUTES, _USUAL_WORKERS = 5, 2
"""What Ray takes where the text says nothing."""


def read_text(text: str) -> Imported:
    """The configuration that a launcher's YAML describes."""
    top, problems = opened(text)
    if top is None:
        return Imported(None, (), problems)
    types = mapping(top.get("available_node_types"))
    head = str(top.get("head_node_type", ""))
    if head not in types:
        message = "This is not a ray up YAML: `head_node_type` is not in `available_node_types`."
        return Imported(None, (), (error("head_node_type", "not-ray-up", message),))
    return _Reading(top, types, head).done(problems)


class _Reading:
    """One cluster being read, with what could not be carried over so far."""

    def __init__(self, top: Plain, types: Plain, head: str) -> None:
        self.top = top
        self.head = mapping(types[head])
        self.groups = {name: mapping(one) for name, one in types.items() if name != head}
        self.head_path = f"available_node_types.{head}"
        self.losses: list[Loss] = []

    def done(self, problems: tuple[Problem, ...]) -> Imported:
        self._lose("", self.top.keys() - _READ, _OURS)
        docker = mapping(self.top.get("docker"))
        self._lose("docker.", docker.keys() - {"image", "container_name"}, _OURS)
        plain: Plain = {
            "head_node": self._head(),
            "worker_nodes": [self._group(name, one) for name, one in self.groups.items()],
            **self._zones(),
            "mobula": self._block(),
        }
        self._limit(plain["worker_nodes"])
        found = structure(plain)
        names = {"image": docker.get("image"), "name": self.top.get("cluster_name")}
        notes = {key: str(value) for key, value in names.items() if value}
        return Imported(found.draft, tuple(self.losses), (*problems, *found.problems), notes)

    def _lose(self, path: str, keys: Iterable[str], why: str) -> None:
        self.losses += [Loss(path=f"{path}{key}", why=why) for key in sorted(keys)]

    def _zones(self) -> Plain:
        place = mapping(self.top.get("provider"))
        self._lose(
            "provider.", place.keys() - {"type", "availability_zone"}, "Set by the cloud's region."
        )
        if str(place.get("type")) not in _WRAPPED:
            why = "Only AWS and Google Cloud node types can be imported."
            self.losses.append(Loss(path="provider.type", why=why))
        words = str(place.get("availability_zone") or "").split(",")
        zones = [word.strip() for word in words if word.strip()]
        return {"zones": zones} if zones else {}

    def _block(self) -> Plain:
        idle = _seconds(self.top.get("idle_timeout_minutes", _USUAL_MINUTES), unit=60)
        if idle is None:
            why = "This is not a number of minutes."
            self.losses.append(Loss(path="idle_timeout_minutes", why=why))
        own = {
            name: {"worker_idle_seconds": seconds}
            for name, one in self.groups.items()
            if (seconds := _seconds(one.get("idle_timeout_s"), unit=1)) is not None
        }
        block = {} if idle is None else {"worker_idle_seconds": idle}
        return {**block, **({"groups": own} if own else {})}

    def _limit(self, groups: list[Plain]) -> None:
        most = _whole(self.top.get("max_workers"), _USUAL_WORKERS)
        together = sum(group["max_nodes"] for group in groups)
        if most < together:
            why = f"Mobula limits resources, not nodes: the groups allow {together} nodes in total."
            self.losses.append(Loss(path="max_workers", why=why))

    def _head(self) -> Plain:
        found = self._node(self.head, self.head_path)
        resources = found.get("resources", {})
        if self.groups and "CPU" not in resources:
            why = "The head runs workloads; to keep this in Mobula, set resources.CPU on the head."
            self.losses.append(Loss(path=self.head_path, why=why))
        if self.groups:  # a head with workers has none of either anyway
            kept = {k: v for k, v in resources.items() if k not in {"CPU", "GPU"} or v != 0}
            found["resources"] = kept
        return without_empty(found)

    def _group(self, name: str, one: Plain) -> Plain:
        path = f"available_node_types.{name}"
        most = _whole(one.get("max_workers"), self.top.get("max_workers"), _USUAL_WORKERS)
        if most < 1:
            why = "A group in Mobula has a maximum of at least 1."
            self.losses.append(Loss(path=f"{path}.max_workers", why=why))
        return {
            "name": name,
            **self._node(one, path),
            "min_nodes": one.get("min_workers", 0),
            "max_nodes": max(1, most),
            "market_type": "SPOT" if _is_spot(mapping(one.get("node_config"))) else "ON_DEMAND",
        }

    def _node(self, one: Plain, path: str) -> Plain:
        node_config = mapping(one.get("node_config"))
        machine = node_config.get("InstanceType") or node_config.get("machineType") or ""
        self._lose(f"{path}.", one.keys() - _NODE_KEYS, _OURS)
        return without_empty({
            "instance_type": str(machine),
            "resources": mapping(one.get("resources")),
            "labels": mapping(one.get("labels")),
            "advanced_instance_config": self._rest(node_config, f"{path}.node_config"),
        })  # fmt: skip

    def _rest(self, node_config: Plain, path: str) -> Plain:
        """The raw block without what the fields say: the machine, and how it is bought."""
        rest = {key: value for key, value in node_config.items() if key not in _MACHINE}
        if _is_spot(node_config):
            options = mapping(rest.pop(MARKET, {}))
            why = "A group's market has its own field."
            self._lose(f"{path}.{MARKET}.", options.keys() - {"MarketType"}, why)
            other = {k: v for k, v in scheduling(rest).items() if k not in _SPOT_KEYS}
            rest = without_empty({**rest, "scheduling": other})
        kind = str(mapping(self.top.get("provider")).get("type"))
        wrapper = _WRAPPED.get(kind)
        return {wrapper: rest} if wrapper and rest else rest


_SPOT_KEYS = frozenset({"preemptible", "provisioningModel"})


def _is_spot(node_config: Plain) -> bool:
    market = mapping(node_config.get(MARKET)).get("MarketType")
    found = scheduling(node_config)
    return (
        market == "spot"
        or bool(found.get("preemptible"))
        or (found.get("provisioningModel") == "SPOT")
    )


def _whole(*values: Any) -> int:
    return next((value for value in values if type(value) is int), _USUAL_WORKERS)


def _seconds(value: object, *, unit: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    seconds = float(value) * unit
    return round(seconds) if isfinite(seconds) else None
