"""What a pod's node selector, affinity and tolerations say of the machines it runs on."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.catalogue.node_labels import (
    ARCH,
    GPU_MODEL_LABELS,
    INSTANCE_TYPE,
    TPU_ACCELERATOR,
    TPU_TOPOLOGY_SELECTOR,
    gpu_model_of,
    market_of,
    tells_market,
    tpu_model_of,
)
from domain.configuration.spec import MarketType
from domain.convert.result import Plain, items, mapping

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_ARCHITECTURES = {"arm64": "arm64", "amd64": "x86_64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChoice:
    """The machines that a pod selects, by the labels of the well-known distributions."""

    market: MarketType | None = None  # that its selectors require
    allows_spot: bool = False  # it tolerates or prefers spot, and requires no market
    gpu_model: str | None = None
    tpu_model: str | None = None
    tpu_topology: str | None = None
    architecture: str | None = None
    instance_type: str = ""


def node_choice(spec: Plain) -> NodeChoice:
    """The machines that the pod of this spec selects."""
    wanted = dict(_required(spec))
    models = {
        model
        for label in GPU_MODEL_LABELS
        for model in {gpu_model_of(value) for value in wanted.get(label, ())}
    }
    tpu = _only(wanted.get(TPU_ACCELERATOR))
    market = _market(wanted)
    return NodeChoice(
        market=market,
        allows_spot=market is None and _allows_spot(spec),
        gpu_model=models.pop() if len(models) == 1 else None,
        tpu_model=tpu_model_of(tpu) if tpu else None,
        tpu_topology=_only(wanted.get(TPU_TOPOLOGY_SELECTOR)),
        architecture=_ARCHITECTURES.get(_only(wanted.get(ARCH)) or ""),
        instance_type=_only(wanted.get(INSTANCE_TYPE)) or "",
    )


def _only(values: tuple[str, ...] | None) -> str | None:
    return values[0] if values and len(values) == 1 else None


def _required(spec: Plain) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each label of nodes that the pod requires, with the values it may have."""
    rule = mapping(mapping(mapping(spec.get("affinity")).get("nodeAffinity")).get(_REQUIRED))
    terms = items(rule.get("nodeSelectorTerms"))
    if len(terms) == 1:  # of several, one is enough
        yield from _expressions(terms[0])
    for label, value in mapping(spec.get("nodeSelector")).items():
        yield label, (str(value),)


def _expressions(term: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    for match in map(mapping, items(mapping(term).get("matchExpressions"))):
        label, operator = str(match.get("key")), match.get("operator")
        if operator == "In":
            yield label, tuple(map(str, items(match.get("values"))))
        elif operator == "Exists" and tells_market(label):
            yield label, ("true",)


def _market(wanted: dict[str, tuple[str, ...]]) -> MarketType | None:
    """The market of all labels together: several values of one label leave the choice open."""
    markets = [
        {market for value in values if (market := market_of(label, value))}
        for label, values in wanted.items()
        if tells_market(label)
    ]
    if any(found == {MarketType.SPOT} for found in markets):
        return MarketType.SPOT
    if any(found == {MarketType.ON_DEMAND} for found in markets):
        return MarketType.ON_DEMAND
    return MarketType.PREFER_SPOT if any(len(found) > 1 for found in markets) else None


def _allows_spot(spec: Plain) -> bool:
    affinity = mapping(mapping(spec.get("affinity")).get("nodeAffinity"))
    preferred = [
        market_of(label, value)
        for preference in map(mapping, items(affinity.get(_PREFERRED)))
        for label, values in _expressions(preference.get("preference"))
        for value in values
    ]
    if preferred and any(preferred):
        return MarketType.SPOT in preferred
    for toleration in map(mapping, items(spec.get("tolerations"))):
        label = str(toleration.get("key"))
        value = str(toleration.get("value", ""))
        exists = toleration.get("operator") == "Exists" and tells_market(label)
        if exists or market_of(label, value) is MarketType.SPOT:
            return True
    return False
