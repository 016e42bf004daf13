"""The settings of a pod's patch; resources and mounts are those of Ray's container."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.instance_settings.kinds import (
    AMOUNTS,
    TEXT,
    Kind,
    listed,
    pairs,
    same,
    switch,
)
from domain.instance_settings.table import (
    MISSING,
    At,
    Block,
    By,
    Link,
    Loc,
    Setting,
    SettingLocation,
    links_to,
    under,
)

RAY = By("name", "ray")
_VOLUMES: Loc = ("spec", "volumes")
_MOUNTS: Loc = ("spec", "containers", RAY, "volumeMounts")


def settings(block: Mapping[str, Any]) -> tuple[Setting, ...]:  # noqa: ARG001
    """The settings, the same for every block."""
    return _SETTINGS


def _lines(text: str) -> list[str]:
    return [line.strip() for line in re.split(r"[,\n]", text) if line.strip()]


def _refuse(line: str, example: str) -> ValueError:
    return ValueError(f"'{line}' cannot be read: write {example}.")


# Tolerations: `gpu=yes:NoSchedule`, or `gpu:NoSchedule` whatever the value.


def _toleration_text(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ""
    equal = f"={value['value']}" if "value" in value else ""
    effect = f":{value['effect']}" if "effect" in value else ""
    return f"{value.get('key')}{equal}{effect}"


def _toleration(line: str) -> Block:
    name, colon, effect = line.partition(":")
    key, equals, value = name.partition("=")
    if not key.strip():
        raise _refuse(line, "key=value:NoSchedule")
    found: Block = {"key": key.strip(), "operator": "Equal" if equals else "Exists"}
    found |= {"value": value.strip()} if equals else {}
    return found | ({"effect": effect.strip()} if colon else {})


TOLERATIONS = Kind(
    lambda value: "\n".join(map(_toleration_text, value)) if isinstance(value, list) else None,
    lambda text: [_toleration(line) for line in _lines(text)],
    rows=2,
    example="nvidia.com/gpu=present:NoSchedule",
)

# Affinity: `zone=a|b`, `zone!=c`, or `zone` if the label is there at all.


def _rule_text(rule: Any) -> str:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("values", []), list):
        return ""
    sign = {"In": "=", "NotIn": "!="}.get(str(rule.get("operator")), "")
    return f"{rule.get('key')}{sign}{'|'.join(map(str, rule.get('values', [])))}"


def _rule(line: str) -> Block:
    found = re.fullmatch(r"([^=!|\s]+)\s*(?:(!?=)\s*([^=]+))?", line)
    if found is None:
        raise _refuse(line, "key=value|value")
    key, sign, values = found.groups()
    if not sign:
        return {"key": key, "operator": "Exists"}
    names = [value.strip() for value in values.split("|")]
    return {"key": key, "operator": "NotIn" if sign == "!=" else "In", "values": names}


def _show_affinity(value: Any) -> str | None:
    """One term of expressions; several terms are alternatives, which no line says."""
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], Mapping):
        return None
    rules = value[0].get("matchExpressions")
    return "\n".join(map(_rule_text, rules)) if isinstance(rules, list) else None


AFFINITY = Kind(
    _show_affinity,
    lambda text: [{"matchExpressions": [_rule(line) for line in _lines(text)]}],
    rows=2,
    example="topology.kubernetes.io/zone=a|b",
)

# Volumes: what the volume is, and where Ray's container sees it.


def _claim_words(volume: Block) -> str:
    claim = under(volume, ("persistentVolumeClaim", "claimName"))
    return str(claim) if claim == volume["name"] else f"{volume['name']}:{claim}"


def _claim(words: str) -> Block:
    name, _, claim = words.partition(":")
    return {"name": name, "persistentVolumeClaim": {"claimName": claim or name}}


def _empty_words(volume: Block) -> str:
    source = volume.get("emptyDir")
    parts = [source.get("medium"), source.get("sizeLimit")] if isinstance(source, dict) else []
    return ":".join([volume["name"], *(str(part) for part in parts if part)])


def _empty(words: str) -> Block:
    name, *more = words.split(":")
    medium = {"medium": "Memory"} if "Memory" in more else {}
    sizes = [part for part in more if part != "Memory"]
    return {"name": name, "emptyDir": medium | ({"sizeLimit": sizes[0]} if sizes else {})}


_TEMPLATE: Loc = ("ephemeral", "volumeClaimTemplate", "spec")


def _ephemeral_words(volume: Block) -> str:
    spec = under(volume, _TEMPLATE)
    size = under(spec, ("resources", "requests", "storage"))
    storage = under(spec, ("storageClassName",))
    return ":".join([volume["name"], *([] if storage is MISSING else [str(storage)]), str(size)])


def _ephemeral(words: str) -> Block:
    name, *storage, size = [*words.split(":")]
    if not storage and size == name:
        example = "scratch:standard:100Gi=/mnt/scratch"
        raise _refuse(words, example)
    spec: Block = {"accessModes": ["ReadWriteOnce"]}
    spec |= {"storageClassName": storage[0]} if storage else {}
    spec |= {"resources": {"requests": {"storage": size}}}
    return {"name": name, "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


@dataclass(frozen=True, slots=True)
class PodVolumes:
    """Volumes of one source that Ray's container mounts: pairs of words and the path."""

    source: str
    words: Callable[[Block], str]
    volume: Callable[[str], Block]

    def find(self, block: Block, kind: Kind) -> Any:  # noqa: ARG002
        """The volumes that the words say wholly, each with its only mount."""
        return [[words, mount["mountPath"]] for words, mount in self._found(block)] or MISSING

    def remove(self, block: Block, value: Any) -> list[Link]:  # noqa: ARG002
        """Take those volumes and their mounts out."""
        gone = self._found(block)
        names = {mount["name"] for _, mount in gone}
        links: list[Link] = []
        for loc in (_VOLUMES, _MOUNTS):
            entries = under(block, loc)
            way = links_to(block, loc)
            if way is None or not isinstance(entries, list):
                continue
            entries[:] = [entry for entry in entries if _name(entry) not in names]
            links += [*way, Link(len(way) + 1, way[-1].child, loc[-1], entries)]
        return links

    def put(self, block: Block, value: Any) -> None:
        """Add volumes and mounts behind those that are there."""
        new = [(self.volume(words), path) for words, path in value]
        mounts = [{"name": volume["name"], "mountPath": path} for volume, path in new]
        self._add(block, _VOLUMES, [volume for volume, _ in new])
        self._add(block, _MOUNTS, mounts)

    def is_open(self, block: Block) -> bool:
        """True unless something that is no list stands there."""
        return all(
            At(loc).is_open(block) and isinstance(under(block, loc), list | type(MISSING))
            for loc in (_VOLUMES, _MOUNTS)
        )

    def covers(self, loc: tuple[str | int, ...], block: Block) -> int:
        """How deep the volume or the mount at `loc` is, if it is one of these."""
        for depth, start in ((3, _VOLUMES), (5, _MOUNTS)):
            entry = under(block, loc[:depth]) if len(loc) >= depth else MISSING
            names = {mount["name"] for _, mount in self._found(block)}
            if At(start).covers(loc, block) and _name(entry) in names:
                return depth
        return 0

    def _found(self, block: Block) -> list[tuple[str, Block]]:
        volumes, mounts = under(block, _VOLUMES), under(block, _MOUNTS)
        if not isinstance(volumes, list) or not isinstance(mounts, list):
            return []
        return [
            (words, own[0])
            for volume in volumes
            if (words := self._words(volume))
            and len(own := [mount for mount in mounts if _name(mount) == volume["name"]]) == 1
            and own[0].keys() == {"name", "mountPath"}
            and isinstance(own[0]["mountPath"], str)
        ]

    def _words(self, volume: Any) -> str:
        """The words that say all of the volume; "" if there are none."""
        if not _name(volume) or volume.keys() != {"name", self.source}:
            return ""
        words = self.words(volume)
        try:
            return words if same(self.volume(words), volume) else ""
        except ValueError:
            return ""

    def _add(self, block: Block, loc: Loc, entries: list[Block]) -> None:
        old = under(block, loc)
        At(loc).put(block, [*(old if isinstance(old, list) else []), *entries])


def _name(entry: Any) -> str:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else ""


def _mounts(place: PodVolumes, example: str) -> Kind:
    def read(text: str) -> list[list[str]]:
        found = [list(map(str.strip, line.partition("=")[::2])) for line in _lines(text)]
        for words, path in found:
            if not words or not path.startswith("/"):
                raise _refuse(f"{words}={path}", example)
            place.volume(words)
        return found

    return Kind(
        lambda value: "\n".join(f"{words}={path}" for words, path in value),
        read,
        rows=2,
        example=example,
    )


_CLAIMS = PodVolumes("persistentVolumeClaim", _claim_words, _claim)
_EMPTY = PodVolumes("emptyDir", _empty_words, _empty)
_EPHEMERAL = PodVolumes("ephemeral", _ephemeral_words, _ephemeral)

INJECT = "sidecar.istio.io/inject"
_NODE_AFFINITY: Loc = (
    "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
)  # fmt: skip


def _resources(name: str) -> At:
    return At(("spec", "containers", RAY, "resources", name))


type _Row = tuple[str, str, str, Kind, SettingLocation, str]
_TABLE: tuple[_Row, ...] = (
    ("Pod", "namespace", "Namespace", TEXT, At(("metadata", "namespace")), ""),
    ("Pod", "account", "Service account", TEXT, At(("spec", "serviceAccountName")), ""),
    ("Pod", "priority", "Priority class", TEXT, At(("spec", "priorityClassName")), ""),
    ("Pod", "runtime", "Runtime class", TEXT, At(("spec", "runtimeClassName")), ""),
    ("Pod", "pull_secrets", "Image pull secrets", listed("name"),
     At(("spec", "imagePullSecrets")), "Names, with commas between them."),
    ("Placement", "selector", "Node selector", pairs("disk=ssd, pool=gpu"),
     At(("spec", "nodeSelector")), ""),
    ("Placement", "tolerations", "Tolerations", TOLERATIONS, At(("spec", "tolerations")),
     "One a line: key=value:Effect, or key:Effect."),
    ("Placement", "affinity", "Required node affinity", AFFINITY, At(_NODE_AFFINITY),
     "One a line: key=value|value, key!=value, or a key that must be there."),
    ("Resources of the container ray", "requests", "Requests", AMOUNTS, _resources("requests"),
     ""),
    ("Resources of the container ray", "limits", "Limits", AMOUNTS, _resources("limits"),
     "Extended resources too, such as rdma/hca=1."),
    ("Volumes", "claims", "Persistent volume claims", _mounts(_CLAIMS, "datasets=/mnt/datasets"),
     _CLAIMS, "One a line: claim=/path, or volume:claim=/path."),
    ("Volumes", "empty_dirs", "Empty directories", _mounts(_EMPTY, "scratch:100Gi=/mnt/scratch"),
     _EMPTY, "One a line: name:size=/path; name:Memory=/path is kept in memory."),
    ("Volumes", "ephemeral", "Ephemeral volumes",
     _mounts(_EPHEMERAL, "scratch:standard:100Gi=/mnt/scratch"),
     _EPHEMERAL, "One a line: name:storage class:size=/path."),
    ("Labels and annotations", "labels", "Labels of the pod", pairs("team=research"),
     At(("metadata", "labels")), ""),
    ("Labels and annotations", "annotations", "Annotations", pairs("example.com/owner=research"),
     At(("metadata", "annotations"), besides=(INJECT,)), ""),
    ("Labels and annotations", "istio", "Istio sidecar", switch("true", "false"),
     At(("metadata", "annotations", INJECT)), "Ray's own ports do not go through one."),
)  # fmt: skip
_SETTINGS = tuple(
    Setting(name=name, label=label, group=group, kind=kind, place=place, help=note)
    for group, name, label, kind, place, note in _TABLE
)
