"""What a configuration may name: clouds, images, and the sizes of one cloud with their prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.timezone import now

from accounts.models import User
from clouds.drivers import driver_for
from clouds.models import Cloud
from clusters.template_forms import Choices
from domain.offerings import Market, Offering
from domain.pricing import RateCard, hourly_usd
from domain.validation import InstanceType
from domain.wording import number
from domain.wording import price as price_in_words
from images.models import ImageVersion
from images.queries import find_version, latest_versions
from metering.rates import current_rate, rate_card
from providers.base import ProviderError

DEFAULT_CLOUD = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The choices of one user for one cloud; `types` is None where nobody knows its sizes."""

    clouds: tuple[str, ...]
    images: tuple[ImageVersion, ...]
    default_image: ImageVersion | None
    types: tuple[InstanceType, ...] | None
    prices: Mapping[str, Decimal]

    @property
    def cloud_choices(self) -> Choices:
        return [("", f"{DEFAULT_CLOUD} (default)"), *((name, name) for name in self.clouds)]

    @property
    def image_choices(self) -> Choices:
        latest = f"Latest (now {self.default_image})" if self.default_image else "Latest"
        return [("", latest), *((str(version), _image(version)) for version in self.images)]

    @property
    def size_choices(self) -> Choices:
        return [("", "Not named"), *((t.name, self._size(t)) for t in self.types or ())]

    def _size(self, size: InstanceType) -> str:
        parts = [f"{number(size.vcpus)} vCPU", f"{number(size.memory_bytes / 2**30)} GiB"]
        if size.gpus:
            parts.append(f"{number(size.gpus)} {size.gpu_model or 'GPU'}")
        price = self.prices.get(size.name)
        dollars = f"{price_in_words(price.quantize(Decimal('0.0001')))}/h" if price else "unpriced"
        return f"{size.name} · {', '.join(parts)} · {dollars}"


def catalogue_for(user: User, *, cloud: str, image: str | None = None) -> Catalogue:
    """What `user` may choose from on the cloud of that name ("": the default one).

    A named image is among the choices also when it is not the latest of its name.
    """
    clouds = {row.name: row for row in Cloud.objects.visible_to(user).order_by("name")}
    chosen = clouds.get(cloud or DEFAULT_CLOUD)
    offered = _offered(chosen) if chosen else None
    images = latest_versions(user)
    named = find_version(image, user) if image else None
    if named and named not in images:
        images = [*images, named]
    return Catalogue(
        clouds=tuple(clouds),
        images=tuple(images),
        default_image=find_version(None, user),
        types=None if offered is None else tuple(_instance_type(o) for o in offered),
        prices=_prices(chosen, offered or []) if chosen else {},
    )


def _image(version: ImageVersion) -> str:
    return f"{version} · Ray {version.ray_version}, Python {version.python_version}"


def _offered(cloud: Cloud) -> list[Offering] | None:
    try:
        found = driver_for(cloud).offerings(cloud.region)
    except ProviderError:
        return None  # the cloud is away: its sizes are taken on trust
    return [offering for offering in found if offering.market is Market.ON_DEMAND] or list(found)


def _instance_type(offering: Offering) -> InstanceType:
    return InstanceType(
        name=offering.instance_type,
        vcpus=offering.vcpus,
        memory_bytes=offering.memory_bytes,
        gpus=offering.gpus,
        gpu_model=offering.gpu_model,
    )


def _prices(cloud: Cloud, offered: list[Offering]) -> dict[str, Decimal]:
    row = current_rate(cloud.pk, now(), kind=cloud.provider)
    card = rate_card(row) if row else None
    priced = ((offering.instance_type, _price(offering, card)) for offering in offered)
    return {name: price for name, price in priced if price is not None}


def _price(offering: Offering, card: RateCard | None) -> Decimal | None:
    if offering.hourly_usd is not None or card is None:
        return offering.hourly_usd
    return hourly_usd(
        card, vcpus=offering.vcpus, memory_bytes=offering.memory_bytes, gpus=offering.gpus
    )
