"""For which provider and region a file of another tool was written, as far as it says so."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.catalogue.provider import ProviderTraits
from domain.configuration.spec import ComputeConfig
from domain.convert.formats import Format
from domain.convert.result import mapping, opened
from domain.offerings import ProviderKind

# How the names of zones look: us-west-2a of AWS, us-central1-a of Google Cloud.
_AWS_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]", re.ASCII)
_GCP_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]", re.ASCII)
_RAY_UP_KINDS = {
    "aws": ProviderKind.AWS,
    "gcp": ProviderKind.GCP,
    "local": ProviderKind.LOCAL,
    "kubernetes": ProviderKind.KUBERNETES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a file's machines are; None and "" are not known."""

    provider: ProviderKind | None = None
    region: str = ""
    cloud: str = ""  # the name that the file has for it

    @property
    def words(self) -> str:
        """The place in words: "AWS, us-west-2"."""
        label = self.provider.label if self.provider else ""
        return ", ".join(part for part in (label, self.region) if part)


def place_of(
    text: str, source: Format, config: ComputeConfig | None, *, traits: Sequence[ProviderTraits]
) -> Place:
    """Return the place that the text names, or else what its zones and machine types look like."""
    config = config or ComputeConfig()
    by_zone = _by_zones(config.primary.zones or ())
    cloud = config.cloud or ""
    if source is Format.KUBERAY:
        return Place(provider=ProviderKind.KUBERNETES, cloud=cloud)
    if source is Format.RAY_UP:
        return _of_ray_up(text, by_zone) or by_zone
    provider = by_zone.provider or _by_types(config, traits)
    return Place(provider=provider, region=by_zone.region, cloud=cloud)


def _of_ray_up(text: str, by_zone: Place) -> Place | None:
    block = mapping((opened(text)[0] or {}).get("provider"))
    kind = _RAY_UP_KINDS.get(str(block.get("type")))
    region = str(block.get("region") or "") or by_zone.region
    return Place(provider=kind, region=region) if kind else None


def _by_zones(zones: Iterable[str]) -> Place:
    for zone in zones:
        if match := _AWS_ZONE.fullmatch(zone):
            return Place(provider=ProviderKind.AWS, region=match[1])
        if match := _GCP_ZONE.fullmatch(zone):
            return Place(provider=ProviderKind.GCP, region=match[1])
    return Place()


def _by_types(config: ComputeConfig, traits: Sequence[ProviderTraits]) -> ProviderKind | None:
    """The provider that most of the machine types look like."""
    nodes = [node for node in (config.primary.head_node, *config.primary.groups) if node]
    names = [node.instance_type for node in nodes if node.instance_type]
    votes = Counter(
        provider.kind
        for name in names
        for provider in traits
        if provider.kind and provider.marks.own_type and provider.marks.own_type.match(name)
    )
    return votes.most_common(1)[0][0] if votes else None
