"""Reading a RayCluster of KubeRay: its groups, their pods' hardware, and all else as a patch."""

from decimal import Decimal
from math import ceil
from typing import Any

from domain.exchange.kuberay import ARCH, GPU, TPU, ZONE
from domain.exchange.parcel import Imported, Loss, Plain, items, mapping, opened, without_empty
from domain.problems import error
from domain.quantities import format_bytes, parse_bytes
from domain.structure import structure

_PARAMS = {
    "num-cpus": "CPU",
    "num-gpus": "GPU",
    "memory": "memory",
    "object-store-memory": "object_store_memory",
}
_PLAIN_PARAMS = frozenset({"dashboard-host", "block", "port", "metrics-export-port"})


def read_text(text: str) -> Imported:
    """The configuration of a RayCluster, or of the one inside a RayJob or a RayService."""
    top, unreadable = opened(text)
    if unreadable:
        return Imported(None, (), unreadable)
    spec = mapping(top.get("spec"))
    inner = next((spec[k] for k in ("rayClusterSpec", "rayClusterConfig") if k in spec), spec)
    spec = mapping(inner)
    if "headGroupSpec" not in spec:
        message = "This is no RayCluster: it has no spec.headGroupSpec."
        return Imported(None, (), (error("spec", "not-a-raycluster", message),))
    return _Reading(spec).done()


class _Reading:
    """One RayCluster being read, with what could not be carried over so far."""

    def __init__(self, spec: Plain) -> None:
        self.spec = spec
        self.losses: list[Loss] = []
        self.notes: dict[str, str] = {}

    def done(self) -> Imported:
        options = mapping(self.spec.get("autoscalerOptions"))
        groups = items(self.spec.get("workerGroupSpecs"))
        pods = [self.spec.get("headGroupSpec"), *groups]
        zones = {self._zones(mapping(pod)) for pod in pods} - {()}
        plain: Plain = {
            "head_node": self._node(mapping(pods[0]), "spec.headGroupSpec"),
            "worker_nodes": [
                self._group(mapping(group), f"spec.workerGroupSpecs[{index}]")
                for index, group in enumerate(groups)
            ],
            **({"zones": list(next(iter(zones)))} if len(zones) == 1 else {}),
            "mobula": self._block(options),
        }
        self._leftovers()
        found = structure(plain)
        return Imported(found.draft, tuple(self.losses), tuple(found.problems), self.notes)

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

    def _leftovers(self) -> None:
        known = {"rayVersion", "enableInTreeAutoscaling", "headGroupSpec", "workerGroupSpecs"}
        for key in self.spec.keys() - known - {"autoscalerOptions"}:
            self.losses.append(Loss(path=f"spec.{key}", why="Mobula's drivers decide this."))
        if version := self.spec.get("rayVersion"):
            self.notes["ray_version"] = str(version)

    def _group(self, group: Plain, path: str) -> Plain:
        name = str(group.get("groupName") or "workers")
        found = {"name": name, **self._node(group, path)}
        least, most = group.get("minReplicas", 0), group.get("maxReplicas", 10)
        hosts = group.get("numOfHosts", 1)
        if type(hosts) is int and hosts > 1:
            found.setdefault("required_resources", {})["tpu_hosts"] = hosts
        if not self.spec.get("enableInTreeAutoscaling"):
            least = group.get("replicas", least)
        most = most if type(most) is int and most < 2**31 - 1 else 10
        found |= {"min_nodes": least, "max_nodes": max(most, 1)}
        for key in ("priority", "scaleStrategy", "suspend"):
            if key in group:
                self.losses.append(Loss(path=f"{path}.{key}", why="Mobula has no such setting."))
        return found

    def _node(self, pod: Plain, path: str) -> Plain:
        template = mapping(pod.get("template"))
        spec = mapping(template.get("spec"))
        containers = [mapping(one) for one in items(spec.get("containers"))]
        ray = containers[0] if containers else {}
        if not ray:
            self.losses.append(Loss(path=f"{path}.template", why="The pod has no container."))
        if image := ray.get("image"):
            self.notes.setdefault("image", str(image))
        amounts = mapping(ray.get("resources"))
        asked = {**mapping(amounts.get("requests")), **mapping(amounts.get("limits"))}
        hardware = self._hardware(asked, spec, f"{path}.template")
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
        try:
            if asked.get("memory"):
                found["memory"] = format_bytes(parse_bytes(str(asked["memory"])))
        except ValueError as unreadable:
            self.losses.append(Loss(path=f"{path}.resources.memory", why=str(unreadable)))
        for key, name in ((GPU, "GPU"), (TPU, "TPU")):
            if (count := _cpus(asked.get(key))) is not None:
                found[name] = count
        for key in asked.keys() - {"cpu", "memory", GPU, TPU, "ephemeral-storage"}:
            why = "Ask for it in the instance configuration of the container ray."
            self.losses.append(Loss(path=f"{path}.resources.{key}", why=why))
        arch = mapping(spec.get("nodeSelector")).get(ARCH)
        if arch in {"arm64", "amd64"}:
            found["cpu_architecture"] = "arm64" if arch == "arm64" else "x86_64"
        return found

    def _logical(self, pod: Plain, path: str) -> Plain:
        found: Plain = {}
        for key, value in mapping(pod.get("resources")).items():
            found[key] = _number(value)
        for key, value in mapping(pod.get("rayStartParams")).items():
            if key in _PARAMS:
                found.setdefault(_PARAMS[key], _number(value))
            elif key not in _PLAIN_PARAMS:
                why = "Mobula starts Ray itself, with its own parameters."
                self.losses.append(Loss(path=f"{path}.rayStartParams.{key}", why=why))
        return {key: value for key, value in found.items() if value is not None}

    def _zones(self, pod: Plain) -> tuple[str, ...]:
        spec = mapping(mapping(pod.get("template")).get("spec"))
        affinity = mapping(mapping(spec.get("affinity")).get("nodeAffinity"))
        rule = mapping(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
        for term in map(mapping, items(rule.get("nodeSelectorTerms"))):
            for match in map(mapping, items(term.get("matchExpressions"))):
                if match.get("key") == ZONE and match.get("operator") == "In":
                    return tuple(str(zone) for zone in items(match.get("values")))
        return ()

    def _patch(self, template: Plain, spec: Plain, containers: list[Plain]) -> Plain:
        """All of the pod that the fields cannot say, as Anyscale's patch says it."""
        rest = {k: v for k, v in spec.items() if k not in {"containers", "affinity"}}
        if not self._only_zones(spec) and "affinity" in spec:
            rest["affinity"] = spec["affinity"]
        selector = {k: v for k, v in mapping(rest.pop("nodeSelector", {})).items() if k != ARCH}
        if selector:
            rest["nodeSelector"] = selector
        first = {k: v for k, v in (containers or [{}])[0].items() if k not in _OF_RAY}
        others = containers[1:]
        if first or others:
            rest["containers"] = [*([{"name": "ray", **first}] if first else []), *others]
        return without_empty({"metadata": mapping(template.get("metadata")), "spec": rest})

    def _only_zones(self, spec: Plain) -> bool:
        affinity = mapping(spec.get("affinity"))
        return set(affinity) == {"nodeAffinity"} and bool(self._zones({"template": {"spec": spec}}))


_OF_RAY = frozenset({"name", "image", "resources"})


def _cpus(value: object) -> int | None:
    """Whole CPUs, rounded up, of a Kubernetes quantity such as 500m."""
    text = str(value or "")
    if text.removesuffix("m").replace(".", "", 1).isdecimal() and len(text) < 12:
        amount = Decimal(text.removesuffix("m")) / (1000 if text.endswith("m") else 1)
        return ceil(amount)
    return None


def _number(value: Any) -> float | int | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number == int(number) else number
