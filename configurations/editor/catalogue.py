"""What a configuration may name: clouds, images, and the sizes of one cloud with their prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from accounts.models import Team
from clouds.access import why_not_launchable
from clouds.models import DEFAULT_CLOUD, Cloud
from configurations.editor.forms.base import MOST_CHOICES
from configurations.editor.tables.inputs import Choices
from configurations.environments import environment_names
from configurations.targets import target_for
from domain.catalogue.region import RegionCatalogue
from domain.offerings import InstanceType, Market
from domain.wording import number
from domain.wording import price as price_in_words
from images.models import ImageTag, ImageVersion
from images.queries import default_of, find_version, latest_versions, usable_tags

_PLACES = Decimal("0.0001")


def hardware_of(machine: InstanceType) -> str:
    """Return what a machine has, such as "8 vCPU, 32 GiB, 1 L4"."""
    parts = [f"{number(machine.vcpus)} vCPU", f"{number(machine.memory_bytes / 2**30)} GiB"]
    if machine.gpus:
        parts.append(f"{number(machine.gpus)} {machine.gpu_model or 'GPU'}")
    return ", ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The choices of one team for one cloud; `target` is what the cloud offers."""

    team: Team
    clouds: tuple[str, ...]
    environments: tuple[str, ...]
    images: tuple[ImageVersion, ...]
    tags: tuple[ImageTag, ...]  # of images: configurations that name one follow it
    default_image: ImageVersion | None
    named_image: ImageVersion | None  # what the configuration names
    target: RegionCatalogue
    refusals: Mapping[str, str]  # why no cluster can be launched, by the cloud's name; "": one can
    refusal: str  # why none can on the chosen cloud
    cloud: Cloud | None = None

    @property
    def cloud_choices(self) -> Choices:
        has_default = DEFAULT_CLOUD in self.clouds
        default = f"{DEFAULT_CLOUD} (default)" if has_default else "Select a cloud"
        return [("", default), *((name, self._cloud(name)) for name in self.clouds)]

    def _cloud(self, name: str) -> str:
        return f"{name} · cannot be launched" if self.refusals[name] else name

    @property
    def environment_choices(self) -> Choices:
        return [(name, name) for name in self.environments]

    @property
    def image_choices(self) -> Choices:
        latest = f"Latest (currently {self.default_image})" if self.default_image else "Latest"
        versions = ((str(version), _image(version)) for version in self.images)
        tags = ((str(tag), f"{tag} · currently {tag.version}") for tag in self.tags)
        return [("", latest), *versions, *tags]

    @cached_property
    def size_choices(self) -> Choices:
        types = (self.target.types or {}).values()
        if len(types) > MOST_CHOICES:
            return [
                ("", "Unspecified"),
                *((one.name, one.name) for one in types),
            ]  # found by search
        return [("", "Unspecified"), *((one.name, self._size(one)) for one in types)]

    def _size(self, size: InstanceType) -> str:
        return f"{size.name} · {hardware_of(size)} · {self.hourly(size, Market.ON_DEMAND)}"

    def hourly(self, machine: InstanceType, market: Market) -> str:
        """What the machine costs an hour on that market, in words."""
        usd = self.target.usd_of(machine, market=market)
        return "unpriced" if usd is None else f"{price_in_words(usd.quantize(_PLACES))}/h"


def clouds_of(team: Team) -> list[Cloud]:
    """Return the clouds that the team may use, by name."""
    return list(Cloud.objects.usable_by(team).order_by("name"))


def catalogue_for(
    team: Team, *, cloud: str, usable: Sequence[Cloud], image: str | None = None
) -> Catalogue:
    """What `team` may choose from on the cloud of that name ("": the default one).

    `usable` are `clouds_of` the team. A named image is among the choices also when it is not the
    latest of its name.
    """
    clouds = {row.name: row for row in usable}
    chosen = clouds.get(cloud or DEFAULT_CLOUD)
    refusals = {name: why_not_launchable(row) for name, row in clouds.items()}
    target = target_for(chosen)
    images = latest_versions(team)
    default = default_of(images, pulled=target.traits.pulls_images if chosen else None)
    listed = (one for one in images if image in {str(one), one.image.name})
    named = next(listed, None)
    if image and named is None:
        named = find_version(image, team=team)
    if named and named not in images:
        images = [*images, named]
    return Catalogue(
        team=team,
        clouds=tuple(clouds),
        environments=environment_names(team),
        images=tuple(images),
        tags=tuple(usable_tags(team)),
        default_image=default,
        named_image=named,
        target=target,
        refusals=refusals,
        refusal=refusals[chosen.name] if chosen else "",
        cloud=chosen,
    )


def _image(version: ImageVersion) -> str:
    return f"{version} · Ray {version.ray_version}, Python {version.python_version}"
