"""Reading a RayCluster of KubeRay: its groups, their pods' hardware, and all else as a patch."""

import json
from collections.abc import Iterable
from decimal import Decimal
from math import ceil, isfinite
from typing import Any

from domain.convert.kuberay import ARCH, GPU, TPU, ZONE, in_zones
from domain.convert.result import (
    Imported,
    Loss,
    Plain,
    items,
    mapping,
    opened,
    without_empty,
)
from domain.problems import Problem, error
from domain.quantities import format_bytes, parse_bytes
from domain.yaml.structure import structure

_PARAMS = {
    "num-cpus": "CPU",
    "num-gpus": "GPU",
    "memory": "memory",
    "object-store-memory": "object_store_memory",
}
_PLAIN_PARAMS = frozenset({"dashboard-host", "block", "port", "metrics-export-port"})
_OURS = "Set by Mobula."
_OF_SPEC = frozenset({
    "rayVersion", "enableInTreeAutoscaling", "headGroupSpec", "workerGroupSpecs",
    "autoscalerOptions",
})  # fmt: skip
_OF_OPTIONS = frozenset({"version", "idleTimeoutSeconds"})
_OF_GROUP = frozenset({
    "groupName", "replicas", "minReplicas", "maxReplicas", "numOfHosts", "idleTimeoutSeconds",
    "rayStartParams", "resources", "labels", "template",
})  # fmt: skip
_NO_BOUND = 2**31 - 1
"""What the CRD fills in for maxReplicas."""


def read_text(text: str) -> Imported:
    """The configuration of a RayCluster, or of the one inside a RayJob or a RayService."""
    top, problems = opened(text)
    if top is None:
        return Imported(None, (), problems)
    spec = mapping(top.get("spec"))
    inner = next((key for key in ("rayClusterSpec", "rayClusterConfig") if key in spec), None)
    cluster = mapping(spec[inner]) if inner else spec
    if "headGroupSpec" not in cluster:
        message = "This is not a RayCluster: spec.headGroupSpec is missing."
        return Imported(None, (), (error("spec", "not-a-raycluster", message),))
    reading = _Reading(cluster, at=f"spec.{inner}" if inner else "spec")
    reading.around(top, inner)
    return reading.done(problems)


class _Reading:
    """One RayCluster being read, with what could not be carried over so far."""

    def __init__(self, spec: Plain, *, at: str) -> None:
        self.spec = spec
        self.at = at
        self.zones = _zones_of_all(spec)
        self.losses: list[Loss] = []
        self.notes: dict[str, str] = {}

    def around(self, top: Plain, inner: str | None) -> None:
        """What stands beside the cluster: its name, and the job or service that it is part of."""
        metadata = mapping(top.get("metadata"))
        if name := metadata.get("name"):
            self.notes["name"] = str(name)
        self._lose(
            "metadata", metadata.keys() - {"name"}, "Not supported in a compute configuration."
        )
        if inner:
            why = "Only the cluster is imported, not its workloads."
            self._lose("spec", mapping(top.get("spec")).keys() - {inner}, why)

    def _lose(self, path: str, keys: Iterable[str], why: str) -> None:
        self.losses += [Loss(path=f"{path}.{key}", why=why) for key in sorted(keys)]

    def done(self, problems: tuple[Problem, ...]) -> Imported:
        options = mapping(self.spec.get("autoscalerOptions"))
        groups = items(self.spec.get("workerGroupSpecs"))
        plain: Plain = {
            "head_node": self._head(mapping(self.spec.get("headGroupSpec")), bool(groups)),
            "worker_nodes": [
                self._group(mapping(group), f"{self.at}.workerGroupSpecs[{index}]")
                for index, group in enumerate(groups)
            ],
            **({"zones": list(self.zones)} if self.zones else {}),
            "mobula": self._block(options),
        }
        self._lose(self.at, self.spec.keys() - _OF_SPEC, _OURS)
        self._lose(f"{self.at}.autoscalerOptions", options.keys() - _OF_OPTIONS, _OURS)
        if version := self.spec.get("rayVersion"):
            self.notes["ray_version"] = str(version)
        found = structure(plain)
        return Imported(found.draft, tuple(self.losses), (*problems, *found.problems), self.notes)

    def _head(self, pod: Plain, has_workers: bool) -> Plain:
        path = f"{self.at}.headGroupSpec"
        self._lose(path, pod.keys() - {"rayStartParams", "resources", "labels", "template"}, _OURS)
        found = self._node(pod, path)
        resources = found.get("resources", {})
        if has_workers and "CPU" not in resources:
            why = "The head runs workloads; to keep this in Mobula, set resources.CPU on the head."
            self.losses.append(Loss(path=path, why=why))
        if has_workers:  # a head with workers has none of either anyway
            kept = {k: v for k, v in resources.items() if k not in {"CPU", "GPU"} or v != 0}
            found["resources"] = kept
        return without_empty(found)

    def _block(self, options: Plain) -> Plain:
        block: Plain = {}
        if not self.spec.get("enableInTreeAutoscaling"):
            block["autoscaling"] = False
        if type(options.get("idleTimeoutSeconds")) is int:
            block["worker_idle_seconds"] = options["idleTimeoutSeconds"]
        own = {
            str(group.get("groupName")): {"worker_idle_seconds": group["idleTimeoutSeconds"]}
            for group in map(mapping, items(self.spec.get("workerGroupSpecs")))
            if type(group.get("idleTimeoutSeconds")) is int
        }
        return {**block, **({"groups": own} if own else {})}

    def _group(self, group: Plain, path: str) -> Plain:
        name = str(group.get("groupName") or "workers")
        found = {"name": name, **self._node(group, path)}
        least, most = group.get("minReplicas", 0), group.get("maxReplicas", _NO_BOUND)
        hosts = group.get("numOfHosts", 1)
        if type(hosts) is int and hosts > 1:
            found.setdefault("required_resources", {})["tpu_hosts"] = hosts
        if not self.spec.get("enableInTreeAutoscaling"):
            least = group.get("replicas", least)
        if type(most) is not int or not 1 <= most < _NO_BOUND:
            most = 1 if most == 0 else 10
            why = f"A group in Mobula has a maximum of at least 1: it becomes {most}."
            self.losses.append(Loss(path=f"{path}.maxReplicas", why=why))
        found |= {"min_nodes": least, "max_nodes": most}
        self._lose(path, group.keys() - _OF_GROUP, "Not supported by Mobula.")
        return found

    def _node(self, pod: Plain, path: str) -> Plain:
        template = mapping(pod.get("template"))
        spec = mapping(template.get("spec"))
        containers = [mapping(one) for one in items(spec.get("containers"))]
        ray = containers[0] if containers else {}
        if not ray:
            self.losses.append(Loss(path=f"{path}.template", why="The pod has no container."))
        if image := ray.get("image"):
            known = self.notes.setdefault("image", str(image))
            if known != str(image):
                why = f"A cluster in Mobula has one image: {known} is used."
                self.losses.append(Loss(path=f"{path}.template.image", why=why))
        amounts = mapping(ray.get("resources"))
        requests, limits = mapping(amounts.get("requests")), mapping(amounts.get("limits"))
        for key in sorted(requests.keys() & limits.keys() & _HARDWARE):
            if str(requests[key]) != str(limits[key]):
                why = f"In Mobula, a pod's requests equal its limits: {limits[key]}."
                self.losses.append(Loss(path=f"{path}.template.resources.requests.{key}", why=why))
        hardware = self._hardware({**requests, **limits}, spec, f"{path}.template")
        return without_empty({
            "required_resources": hardware,
            "resources": self._logical(pod, path),
            "labels": {k: str(v) for k, v in mapping(pod.get("labels")).items()},
            "advanced_instance_config": self._patch(template, spec, containers),
        })  # fmt: skip

    def _hardware(self, asked: Plain, spec: Plain, path: str) -> Plain:
        found: Plain = {}
        if cpu := _cpus(asked.get("cpu")):
            found["CPU"] = cpu
        if "cpu" in asked and str(asked["cpu"]) != str(cpu):
            why = f"Mobula counts whole CPUs: {asked['cpu']} is {cpu or 'not imported'}."
            self.losses.append(Loss(path=f"{path}.resources.cpu", why=why))
        try:
            if asked.get("memory"):
                found["memory"] = format_bytes(parse_bytes(str(asked["memory"])))
        except ValueError as unreadable:
            self.losses.append(Loss(path=f"{path}.resources.memory", why=str(unreadable)))
        for key, name in ((GPU, "GPU"), (TPU, "TPU")):
            if (count := _cpus(asked.get(key))) is not None:
                found[name] = count
        if arch := _arch_of(spec):
            found["cpu_architecture"] = arch
        return found

    def _logical(self, pod: Plain, path: str) -> Plain:
        params = mapping(pod.get("rayStartParams"))
        said = {
            **_custom(params.get("resources")),
            **{_PARAMS[key]: value for key, value in params.items() if key in _PARAMS},
            **mapping(pod.get("resources")),
        }
        found = {key: _number(value) for key, value in said.items()}
        for key, value in found.items():
            if value is None:
                why = f"{str(said[key])[:40]!r} is not a quantity."
                self.losses.append(Loss(path=f"{path}.resources.{key}", why=why))
        for key in params:
            if key == "resources" and _custom(params[key]):
                continue
            if key not in _PARAMS and key not in _PLAIN_PARAMS:
                why = "Mobula starts Ray with its own parameters."
                self.losses.append(Loss(path=f"{path}.rayStartParams.{key}", why=why))
        return {key: value for key, value in found.items() if value is not None}

    def _patch(self, template: Plain, spec: Plain, containers: list[Plain]) -> Plain:
        """All of the pod that the fields cannot say, as Anyscale's patch says it."""
        rest = {k: v for k, v in spec.items() if k not in {"containers", "affinity"}}
        if "affinity" in spec and not (self.zones and spec["affinity"] == in_zones(self.zones)):
            rest["affinity"] = spec["affinity"]
        selector = mapping(rest.pop("nodeSelector", {}))
        if _arch_of(spec):
            del selector[ARCH]
        if selector:
            rest["nodeSelector"] = selector
        ray = (containers or [{}])[0]
        more = without_empty({
            kind: {k: v for k, v in mapping(amounts).items() if k not in _HARDWARE}
            for kind, amounts in mapping(ray.get("resources")).items()
        })  # fmt: skip
        first = {k: v for k, v in ray.items() if k not in _OF_RAY}
        if more:
            first["resources"] = more
        others = containers[1:]
        if first or others:
            rest["containers"] = [*([{"name": "ray", **first}] if first else []), *others]
        return without_empty({"metadata": mapping(template.get("metadata")), "spec": rest})


_HARDWARE = frozenset({"cpu", "memory", GPU, TPU})
_OF_RAY = frozenset({"name", "image", "resources"})


def _cpus(value: object) -> int | None:
    """Whole CPUs, rounded up, of a Kubernetes quantity such as 500m."""
    text = str(value or "")
    if text.removesuffix("m").replace(".", "", 1).isdecimal() and len(text) < 12:
        amount = Decimal(text.removesuffix("m")) / (1000 if text.endswith("m") else 1)
        return ceil(amount)
    return None


def _arch_of(spec: Plain) -> str | None:
    arch = mapping(spec.get("nodeSelector")).get(ARCH)
    return {"arm64": "arm64", "amd64": "x86_64"}.get(str(arch))


def _zones_of_all(spec: Plain) -> tuple[str, ...]:
    """The zones that every pod of the cluster is bound to in the same way, as we write it."""
    pods = [spec.get("headGroupSpec"), *items(spec.get("workerGroupSpecs"))]
    found = [mapping(mapping(mapping(pod).get("template")).get("spec")) for pod in pods]
    affinity = found[0].get("affinity")
    zones = _zones_in(affinity)
    same = zones and all(one.get("affinity") == in_zones(zones) for one in found)
    return zones if same else ()


def _zones_in(affinity: Any) -> tuple[str, ...]:
    rule: Any = mapping(mapping(affinity).get("nodeAffinity"))
    rule = mapping(rule.get("requiredDuringSchedulingIgnoredDuringExecution"))
    for term in map(mapping, items(rule.get("nodeSelectorTerms"))):
        for match in map(mapping, items(term.get("matchExpressions"))):
            if match.get("key") == ZONE:
                return tuple(zone for zone in items(match.get("values")) if isinstance(zone, str))
    return ()


def _custom(value: Any) -> Plain:
    """The custom resources in a start parameter: JSON, quoted once more for the shell."""
    if not isinstance(value, str):
        return {}
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    try:
        return mapping(json.loads(value[1:-1].replace("\\", "") if quoted else value))
    except (ValueError, RecursionError):
        return {}


def _number(value: Any) -> float | int | None:
    """A number, or a Kubernetes quantity such as 500m or 4Gi; None for anything else."""
    text = str(value)
    try:
        number = float(text.removesuffix("m")) / (1000 if text.endswith("m") else 1)
    except ValueError:
        try:
            return parse_bytes(text)
        except ValueError:
            return None
    if not isfinite(number):
        return None
    return int(number) if number == int(number) else number
