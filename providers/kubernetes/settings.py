"""The settings of a pod's patch; resources and mounts are those of Ray's container."""

import re
from collections.abc import Mapping
from typing import Any

from domain.instance_settings.kinds import AMOUNTS, TEXT, Kind, listed, pairs, switch
from domain.instance_settings.table import At, Block, Loc, Setting, SettingLocation
from providers.kubernetes.volumes import (
    CLAIMS,
    EMPTY_DIRS,
    EPHEMERAL,
    RAY,
    lines,
    mounts,
    unreadable,
)


def settings(block: Mapping[str, Any]) -> tuple[Setting, ...]:  # noqa: ARG001
    """The settings, the same for every block."""
    return _SETTINGS


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
        raise unreadable(line, "key=value:NoSchedule")
    toleration: Block = {"key": key.strip(), "operator": "Equal" if equals else "Exists"}
    toleration |= {"value": value.strip()} if equals else {}
    return toleration | ({"effect": effect.strip()} if colon else {})


TOLERATIONS = Kind(
    lambda value: "\n".join(map(_toleration_text, value)) if isinstance(value, list) else None,
    lambda text: [_toleration(line) for line in lines(text)],
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
    match = re.fullmatch(r"([^=!|\s]+)\s*(?:(!?=)\s*([^=]+))?", line)
    if match is None:
        raise unreadable(line, "key=value|value")
    key, sign, values = match.groups()
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
    lambda text: [{"matchExpressions": [_rule(line) for line in lines(text)]}],
    rows=2,
    example="topology.kubernetes.io/zone=a|b",
)

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
     At(("spec", "imagePullSecrets")), "Names, separated by commas."),
    ("Placement", "selector", "Node selector", pairs("disk=ssd, pool=gpu"),
     At(("spec", "nodeSelector")), ""),
    ("Placement", "tolerations", "Tolerations", TOLERATIONS, At(("spec", "tolerations")),
     "One per line: key=value:Effect, or key:Effect."),
    ("Placement", "affinity", "Required node affinity", AFFINITY, At(_NODE_AFFINITY),
     "One per line: key=value|value, key!=value, or a key that must exist."),
    ("Resources of the container ray", "requests", "Requests", AMOUNTS, _resources("requests"),
     ""),
    ("Resources of the container ray", "limits", "Limits", AMOUNTS, _resources("limits"),
     "Extended resources too, such as rdma/hca=1."),
    ("Volumes", "claims", "Persistent volume claims", mounts(CLAIMS, "datasets=/mnt/datasets"),
     CLAIMS, "One per line: claim=/path, or volume:claim=/path."),
    ("Volumes", "empty_dirs", "Empty directories", mounts(EMPTY_DIRS, "scratch:100Gi=/mnt/scratch"),
     EMPTY_DIRS, "One per line: name:size=/path; name:Memory=/path is kept in memory."),
    ("Volumes", "ephemeral", "Ephemeral volumes",
     mounts(EPHEMERAL, "scratch:standard:100Gi=/mnt/scratch"),
     EPHEMERAL, "One per line: name:storage class:size=/path."),
    ("Labels and annotations", "labels", "Pod labels", pairs("team=research"),
     At(("metadata", "labels")), ""),
    ("Labels and annotations", "annotations", "Annotations", pairs("example.com/owner=research"),
     At(("metadata", "annotations"), besides=(INJECT,)), ""),
    ("Labels and annotations", "istio", "Istio sidecar", switch("true", "false"),
     At(("metadata", "annotations", INJECT)), "Ray's ports bypass it."),
)  # fmt: skip
_SETTINGS = tuple(
    Setting(name=name, label=label, group=group, kind=kind, place=place, help=note)
    for group, name, label, kind, place, note in _TABLE
)
