"""Reading a file of KubeRay: the cluster's groups, their nodes, and what is left out."""

from collections.abc import Iterable

from domain.convert.kuberay.documents import FoundCluster, read_file
from domain.convert.kuberay.pods import read_pod
from domain.convert.kuberay.replicas import bounds_of
from domain.convert.kuberay.zones import zones_of_all
from domain.convert.result import Imported, Loss, Plain, items, mapping, without_empty
from domain.problems import Problem
from domain.yaml.structure import structure

_OURS = "Set by Mobula."
_OF_SPEC = frozenset({
    "rayVersion", "enableInTreeAutoscaling", "headGroupSpec", "workerGroupSpecs",
    "autoscalerOptions", "suspend",
})  # fmt: skip
_OF_OPTIONS = frozenset({"version", "idleTimeoutSeconds"})
_OF_GROUP = frozenset({
    "groupName", "replicas", "minReplicas", "maxReplicas", "numOfHosts", "idleTimeoutSeconds",
    "rayStartParams", "resources", "labels", "template", "suspend",
})  # fmt: skip
# Values of the autoscaler's options that ask for what is so anyway: nothing limits its pace.
_USUAL = {"upscalingMode": ("Default", "Aggressive")}


def read_text(text: str, *, name: str = "") -> Imported:
    """The configuration of a file's RayCluster, or of the one inside a RayJob or its like.

    Of several clusters, the one of that name, else the first.
    """
    file = read_file(text, name=name)
    if file.cluster is None:
        return Imported(None, (), file.problems)
    reading = _Reading(file.cluster)
    reading.losses += file.losses
    return reading.done(file.problems)


class _Reading:
    """One RayCluster being read, with what could not be carried over so far."""

    def __init__(self, cluster: FoundCluster) -> None:
        self.spec = cluster.spec
        self.path = ".".join(cluster.path)
        self.zones = zones_of_all(cluster.spec)
        self.autoscaling = bool(cluster.spec.get("enableInTreeAutoscaling"))
        self.losses: list[Loss] = []
        self.notes: dict[str, str] = {}
        self._around(cluster)

    def _around(self, cluster: FoundCluster) -> None:
        """What stands beside the cluster: its name, and the job or service that it is part of."""
        metadata = mapping(cluster.top.get("metadata"))
        if name := metadata.get("name"):
            self.notes["name"] = str(name)
        self._lose("metadata", metadata, {"name"}, "Not supported in a compute configuration.")
        holder, place = cluster.top, ""
        for step, inner in zip(cluster.path, cluster.path[1:], strict=False):
            holder, place = mapping(holder.get(step)), f"{place}.{step}".removeprefix(".")
            why = "Only the cluster is imported, not its workloads."
            self._lose(place, holder, {inner}, why)

    def _lose(self, path: str, holder: Plain, read: Iterable[str], why: str) -> None:
        """Name the keys that say something and were not read."""
        keys = sorted(without_empty(holder).keys() - set(read))
        self.losses += [Loss(path=f"{path}.{key}", why=why) for key in keys]

    def done(self, problems: tuple[Problem, ...]) -> Imported:
        """The whole configuration."""
        options = mapping(self.spec.get("autoscalerOptions"))
        groups = [mapping(group) for group in items(self.spec.get("workerGroupSpecs"))]
        if version := self.spec.get("rayVersion"):
            self.notes["ray_version"] = str(version)
        plain: Plain = {
            "head_node": self._head(mapping(self.spec.get("headGroupSpec")), bool(groups)),
            "worker_nodes": [
                worker_group
                for index, group in enumerate(groups)
                if (worker_group := self._group(group, f"{self.path}.workerGroupSpecs[{index}]"))
            ],
            **({"zones": list(self.zones)} if self.zones else {}),
            "mobula": self._block(options, groups),
        }
        if self.spec.get("suspend") is True:
            why = "The cluster is suspended; it is not when it is launched."
            self.losses.append(Loss(path=f"{self.path}.suspend", why=why))
        self._lose(self.path, self.spec, _OF_SPEC, _OURS)
        usual = {key for key, values in _USUAL.items() if options.get(key) in values}
        self._lose(f"{self.path}.autoscalerOptions", options, _OF_OPTIONS | usual, _OURS)
        read = structure(plain)
        return Imported(read.draft, tuple(self.losses), (*problems, *read.problems), self.notes)

    def _head(self, pod: Plain, has_workers: bool) -> Plain:
        path = f"{self.path}.headGroupSpec"
        self._lose(path, pod, {"rayStartParams", "resources", "labels", "template"}, _OURS)
        found, _ = self._node(pod, path)
        resources = found.get("resources", {})
        if has_workers and "CPU" not in resources:
            why = "The head runs workloads; to keep this in Mobula, set resources.CPU on the head."
            self.losses.append(Loss(path=path, why=why))
        if has_workers:  # a head with workers has none of either anyway
            kept = {k: v for k, v in resources.items() if k not in {"CPU", "GPU"} or v != 0}
            found["resources"] = kept
        return without_empty(found)

    def _block(self, options: Plain, groups: list[Plain]) -> Plain:
        block: Plain = {} if self.autoscaling else {"autoscaling": False}
        if type(options.get("idleTimeoutSeconds")) is int:
            block["worker_idle_seconds"] = options["idleTimeoutSeconds"]
        own = {
            str(group.get("groupName")): {"worker_idle_seconds": group["idleTimeoutSeconds"]}
            for group in groups
            if type(group.get("idleTimeoutSeconds")) is int and group.get("maxReplicas") != 0
        }
        return {**block, **({"groups": own} if own else {})}

    def _group(self, group: Plain, path: str) -> Plain:
        """The group; {} if it can never have a node."""
        bounds = bounds_of(group, path, autoscaling=self.autoscaling, losses=self.losses)
        if bounds is None:
            return {}
        node, market = self._node(group, path)
        self._lose(path, group, _OF_GROUP, "Not supported by Mobula.")
        return {
            "name": str(group.get("groupName") or "workers"),
            **node,
            "min_nodes": bounds.least,
            "max_nodes": bounds.most,
            "market_type": market,
        }

    def _node(self, pod: Plain, path: str) -> tuple[Plain, str]:
        found = read_pod(pod, path, zones=self.zones, losses=self.losses)
        if found.image:
            known = self.notes.setdefault("image", found.image)
            if known != found.image:
                why = f"{found.image}: a cluster in Mobula has one image: {known} is used."
                self.losses.append(Loss(path=f"{path}.template.image", why=why))
        return found.node, found.market
