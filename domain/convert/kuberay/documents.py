"""The objects in a file of Kubernetes, and the cluster among them."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.convert.result import Loss, Plain, mapping
from domain.problems import Problem, error
from domain.yaml.manifests import objects_of, read_manifests
from domain.yaml.plain_tree import Cleaning, TooMuch

CLUSTER_KINDS = ("RayCluster", "RayJob", "RayService", "RayCronJob")
_INNER = ("rayClusterSpec", "rayClusterConfig")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCluster:
    """One cluster of a file: its object, its spec, and where in the object that stands."""

    top: Plain
    spec: Plain
    path: tuple[str, ...]

    @property
    def label(self) -> str:
        """Its kind and name, as kubectl prints them."""
        return label_of(self.top)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReading:
    """What a file holds: the cluster to be read, if any, all else by name, and the problems."""

    cluster: FoundCluster | None
    losses: tuple[Loss, ...] = ()
    problems: tuple[Problem, ...] = ()


def holds_kubernetes(text: str) -> bool:
    """True if the text holds an object of Kubernetes, whether or not one of them is a cluster."""
    objects = [mapping(value) for tree in read_manifests(text) for value in objects_of(tree.value)]
    return any(
        str(value.get("kind")) in CLUSTER_KINDS or {"apiVersion", "kind"} <= value.keys()
        for value in objects
    )


def read_file(text: str, *, name: str = "") -> FileReading:
    """The cluster of that name, else the first one in the file."""
    trees = read_manifests(text)
    if not trees:
        return FileReading(cluster=None, problems=(_no_cluster([]),))
    if not trees[-1].is_complete:
        return FileReading(cluster=None, problems=tuple(trees[-1].problems))
    objects = [(value, tree) for tree in trees for value in objects_of(tree.value)]
    clusters = [
        index for index, (value, _) in enumerate(objects) if _cluster_path(value) is not None
    ]
    if not clusters:
        return FileReading(cluster=None, problems=(_no_cluster([value for value, _ in objects]),))
    chosen = next((i for i in clusters if name and _name_of(objects[i][0]) == name), clusters[0])
    value, tree = objects[chosen]
    cleaning = Cleaning()
    try:
        top = mapping(cleaning.clean(value))
    except TooMuch as too_much:
        return FileReading(cluster=None, problems=(too_much.problem,))
    path = _cluster_path(top) or ()
    others = [other for index, (other, _) in enumerate(objects) if index != chosen]
    return FileReading(
        cluster=FoundCluster(top=top, spec=_at(top, path), path=path),
        losses=tuple(_left_out(others, clusters=len(clusters))),
        problems=(*tree.problems, *cleaning.problems),
    )


def label_of(value: object) -> str:
    """An object's kind and name, as kubectl prints them: `ConfigMap/code`."""
    kind = str(mapping(value).get("kind") or "object")
    name = _name_of(value)
    return f"{kind}/{name}" if name else kind


def _name_of(value: object) -> str:
    return str(mapping(mapping(value).get("metadata")).get("name") or "")


def _cluster_path(value: object) -> tuple[str, ...] | None:
    """Where in the object the spec of a cluster stands; None if it has none."""
    for path in (
        ("spec",),
        *((("spec", inner)) for inner in _INNER),
        ("spec", "jobTemplate", _INNER[0]),
        ("spec", "jobTemplate", "spec", _INNER[0]),
    ):
        if "headGroupSpec" in _at(value, path):
            return path
    return None


def _at(value: object, path: tuple[str, ...]) -> Plain:
    found = mapping(value)
    for key in path:
        found = mapping(found.get(key))
    return found


def _left_out(others: list[object], *, clusters: int) -> Iterator[Loss]:
    for other in others:
        why = "Only the cluster is imported."
        if _cluster_path(other) is not None:
            why = f"The file has {clusters} clusters; one is imported. Name another by --name, or "
            why += "import it from a file of its own."
        yield Loss(path=label_of(other), why=why)


def _no_cluster(values: list[object]) -> Problem:
    kinds = [str(mapping(value).get("kind")) for value in values]
    if any(kind in CLUSTER_KINDS for kind in kinds):
        message = "This is not a RayCluster: spec.headGroupSpec is missing."
        if "RayJob" in kinds:
            message += " A RayJob with a clusterSelector runs on a cluster of its own file."
        return error("spec", "not-a-raycluster", message)
    labels = ", ".join(label_of(value) for value in values[:5]) or "nothing"
    message = f"The file has no RayCluster, RayJob, RayService or RayCronJob: it has {labels}."
    return error("", "not-a-raycluster", message)
