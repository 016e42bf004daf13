"""What clouds themselves said of a region's machines and prices, and when they were asked."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from domain.offerings import Market, ProviderKind

_KINDS = [kind.value for kind in ProviderKind]
_MARKETS = [market.value for market in Market]


class RefreshState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class CatalogueRefresh(models.Model):
    """One refresh of a region's machines and prices from its cloud."""

    provider = models.CharField(max_length=20)
    region = models.CharField(max_length=63)
    state = models.CharField(
        max_length=10,
        default=RefreshState.RUNNING,
        choices=[(state.value, state.value) for state in RefreshState],
    )
    asked_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, help_text="Empty: Mobula itself."
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True, help_text="Of a failed one: why, and the next step.")
    types = models.PositiveIntegerField(default=0)
    prices = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["provider", "region", "-started_at"], name="catalogue_refresh_newest"
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "provider",
                "region",
                name="catalogue_refresh_one_runs",
                condition=Q(state=RefreshState.RUNNING.value),
            ),
            models.CheckConstraint(
                name="catalogue_refresh_state_known",
                condition=Q(state__in=[state.value for state in RefreshState]),
            ),
            models.CheckConstraint(
                name="catalogue_refresh_provider_known", condition=Q(provider__in=_KINDS)
            ),
            models.CheckConstraint(
                name="catalogue_refresh_running_or_finished",
                condition=Q(state=RefreshState.RUNNING.value, finished_at=None)
                | (~Q(state=RefreshState.RUNNING.value) & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.region}"


class CatalogueType(models.Model):
    """A machine that a cloud says its region offers; the columns are `InstanceType`'s."""

    provider = models.CharField(max_length=20)
    region = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    vcpus = models.FloatField()
    memory_bytes = models.BigIntegerField()
    gpus = models.FloatField(default=0)
    gpu_model = models.CharField(max_length=63, blank=True)
    gpu_memory_bytes = models.BigIntegerField(default=0)
    accelerator = models.CharField(max_length=63, blank=True)
    accelerator_units = models.FloatField(default=0)
    family = models.CharField(max_length=63, blank=True)
    arch = models.CharField(max_length=20)
    burstable = models.BooleanField(default=False)
    is_current = models.BooleanField(default=True)
    zones = ArrayField(models.CharField(max_length=63))
    has_spot = models.BooleanField()
    has_efa = models.BooleanField()
    can_cluster = models.BooleanField()
    local_disk_bytes = models.BigIntegerField(default=0)
    network_gbps = models.FloatField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("provider", "region", "name", name="catalogue_type_once"),
            models.CheckConstraint(
                name="catalogue_type_has_a_size",
                condition=Q(vcpus__gt=0, memory_bytes__gt=0, gpus__gte=0),
            ),
            models.CheckConstraint(
                name="catalogue_type_provider_known", condition=Q(provider__in=_KINDS)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CataloguePrice(models.Model):
    """What a cloud says that a machine costs; an unknown price has no row."""

    provider = models.CharField(max_length=20)
    region = models.CharField(max_length=63)
    instance_type = models.CharField(max_length=63)
    market = models.CharField(max_length=20)
    zone = models.CharField(max_length=63, blank=True, help_text="Empty: the whole region.")
    usd_per_hour = models.DecimalField(max_digits=16, decimal_places=8)
    as_of = models.DateField()
    source = models.CharField(max_length=63)
    quality = models.CharField(max_length=20)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "provider", "region", "instance_type", "market", "zone", name="catalogue_price_once"
            ),
            models.CheckConstraint(
                name="catalogue_price_is_positive", condition=Q(usd_per_hour__gt=0)
            ),
            models.CheckConstraint(
                name="catalogue_price_market_known", condition=Q(market__in=_MARKETS)
            ),
            models.CheckConstraint(
                name="catalogue_price_provider_known", condition=Q(provider__in=_KINDS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instance_type} {self.market}"


class CatalogueRate(models.Model):
    """What custom machines of a family cost in dollars an hour; null is unknown."""

    provider = models.CharField(max_length=20)
    region = models.CharField(max_length=63)
    family = models.CharField(max_length=63)
    usd_per_vcpu = models.DecimalField(max_digits=16, decimal_places=9)
    usd_per_gib = models.DecimalField(max_digits=16, decimal_places=9)
    spot_usd_per_vcpu = models.DecimalField(max_digits=16, decimal_places=9, null=True, blank=True)
    spot_usd_per_gib = models.DecimalField(max_digits=16, decimal_places=9, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("provider", "region", "family", name="catalogue_rate_once"),
            models.CheckConstraint(
                name="catalogue_rate_is_positive",
                condition=Q(usd_per_vcpu__gt=0, usd_per_gib__gt=0)
                & (Q(spot_usd_per_vcpu=None) | Q(spot_usd_per_vcpu__gt=0))
                & (Q(spot_usd_per_gib=None) | Q(spot_usd_per_gib__gt=0)),
            ),
            models.CheckConstraint(
                name="catalogue_rate_provider_known", condition=Q(provider__in=_KINDS)
            ),
        ]

    def __str__(self) -> str:
        return self.family
