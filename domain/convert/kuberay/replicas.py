"""How many nodes a group has: its bounds as the operator applies them."""

from dataclasses import dataclass
from typing import Any

from domain.convert.kuberay.accelerators import TPU
from domain.convert.kuberay.pod_parts import parts_of
from domain.convert.kuberay.quantities import whole
from domain.convert.result import Loss, Plain

_NO_BOUND = 2**31 - 1
"""What the CRD fills in for maxReplicas."""
_USUAL_MOST = 10


@dataclass(frozen=True, slots=True)
class Bounds:
    """The smallest and the largest size of a group; values that are no numbers stay as they are."""

    least: Any
    most: Any


def bounds_of(group: Plain, path: str, *, autoscaling: bool, losses: list[Loss]) -> Bounds | None:
    """The group's bounds; None if it can never have a node [KubeRay util.go].

    Without the autoscaler a group has its replicas, but never less than the minimum or more than
    the maximum; with a minimum above the maximum, it has the maximum.
    """
    least, most = _given(group, "minReplicas", 0), _given(group, "maxReplicas", _NO_BOUND)
    if most == 0 and type(most) is int:
        why = "With a maximum of 0 the group has no nodes: it is left out."
        losses.append(Loss(path=f"{path}.maxReplicas", why=why))
        return None
    wanted = least if autoscaling else _given(group, "replicas", 0)
    if all(type(number) is int for number in (least, most, wanted)):
        least = min(max(wanted, least), most) if most > 0 else least
    if group.get("suspend") is True:
        why = "The group is suspended: it starts with no nodes."
        losses.append(Loss(path=f"{path}.suspend", why=why))
        least = 0
    if type(most) is int and most >= _NO_BOUND:
        most = max(_USUAL_MOST, least) if type(least) is int else _USUAL_MOST
        why = f"A group in Mobula has a maximum: it becomes {most}."
        losses.append(Loss(path=f"{path}.maxReplicas", why=why))
    return _of_hosts(group, path, least, most, losses)


def _of_hosts(group: Plain, path: str, least: Any, most: Any, losses: list[Loss]) -> Bounds:
    """A slice of TPUs counts as one; other replicas of several hosts are counted by their hosts."""
    hosts = hosts_of(group)
    if hosts == 1 or has_tpus(group) or type(least) is not int or type(most) is not int:
        return Bounds(least, most)
    why = f"Nodes are started one by one, not {hosts} at a time; the bounds count nodes."
    losses.append(Loss(path=f"{path}.numOfHosts", why=why))
    return Bounds(least * hosts, most * hosts)


def hosts_of(group: Plain) -> int:
    """How many pods one replica has."""
    hosts = group.get("numOfHosts")
    return hosts if type(hosts) is int and hosts > 1 else 1


def has_tpus(group: Plain) -> bool:
    """True if the group's pods have TPUs."""
    return bool(whole(parts_of(group).amounts.get(TPU)))


def _given(group: Plain, key: str, otherwise: int) -> Any:
    value = group.get(key)
    return otherwise if value is None else value
