"""Zones that pods are bound to, by the one way that is written and the ways that are read."""

from collections.abc import Iterable

from domain.catalogue.node_labels import ZONE
from domain.convert.result import Plain, items, mapping


def in_zones(zones: Iterable[str]) -> Plain:
    """The affinity of a pod that may run in these zones only."""
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": list(zones)}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"nodeAffinity": required}


def zones_of_all(cluster: Plain) -> tuple[str, ...]:
    """The zones that every pod of the cluster is bound to in the same way; none otherwise."""
    pods = [cluster.get("headGroupSpec"), *items(cluster.get("workerGroupSpecs"))]
    specs = [mapping(mapping(mapping(pod).get("template")).get("spec")) for pod in pods]
    zones = {_zones_of(spec) for spec in specs}
    return zones.pop() if len(zones) == 1 else ()


def without_zones(spec: Plain, zones: tuple[str, ...]) -> Plain:
    """The pod's spec without what binds it to these zones and to nothing else."""
    rest = dict(spec)
    if zones and spec.get("affinity") == in_zones(zones):
        rest.pop("affinity")
    selector = mapping(spec.get("nodeSelector"))
    if zones and selector.get(ZONE) in zones:
        rest["nodeSelector"] = {key: value for key, value in selector.items() if key != ZONE}
    return rest


def _zones_of(spec: Plain) -> tuple[str, ...]:
    """The zones of a pod's affinity that is as we write it, or of its node selector."""
    zone = mapping(spec.get("nodeSelector")).get(ZONE)
    if isinstance(zone, str) and not spec.get("affinity"):
        return (zone,)
    affinity = spec.get("affinity")
    zones = _zones_in(affinity)
    return zones if zones and affinity == in_zones(zones) else ()


def _zones_in(affinity: object) -> tuple[str, ...]:
    rule = mapping(mapping(affinity).get("nodeAffinity"))
    rule = mapping(rule.get("requiredDuringSchedulingIgnoredDuringExecution"))
    for term in map(mapping, items(rule.get("nodeSelectorTerms"))):
        for match in map(mapping, items(term.get("matchExpressions"))):
            if match.get("key") == ZONE:
                return tuple(zone for zone in items(match.get("values")) if isinstance(zone, str))
    return ()
