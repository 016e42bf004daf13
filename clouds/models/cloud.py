from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Max, Q
from django.utils.functional import cached_property

from clouds.models.refreshed import CatalogueRefresh, RefreshState
from domain.offerings import ProviderKind

if TYPE_CHECKING:
    from accounts.models import User


# Configurations that name no cloud mean this one: the machine that Mobula runs on.
DEFAULT_CLOUD = "local"


class CloudQuerySet(models.QuerySet["Cloud"]):
    def visible_to(self, user: User) -> CloudQuerySet:
        """Return the clouds of everybody and those of the user's own teams."""
        if user.is_superuser:
            return self
        return self.filter(Q(team=None) | Q(team__memberships__user=user)).distinct()


class Cloud(models.Model):
    """An account with a provider. Without a team it serves every team.

    Its version is a number and not the time of the last save: whatever a driver is opened with
    counts it up in the same transaction, also what does not stand in this row.
    """

    name = models.CharField(max_length=63, unique=True)
    provider = models.CharField(
        max_length=20, choices=[(kind.value, kind.label) for kind in ProviderKind]
    )
    region = models.CharField(max_length=63, default="local")
    shapes = models.JSONField(
        default=list, blank=True, help_text="On Kubernetes: the pod shapes that may be named."
    )
    settings = models.JSONField(
        default=dict, blank=True, help_text="What its driver must know of the account."
    )
    settings_version = models.PositiveIntegerField(
        default=1, help_text="Counted up with every change: drivers of older ones are not used."
    )
    team = models.ForeignKey("accounts.Team", models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[CloudQuerySet] = CloudQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cloud_provider_known",
                condition=Q(provider__in=[kind.value for kind in ProviderKind]),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def newest_refresh(self) -> int | None:
        """The region's last refresh that is done; asked once for this object, so once a request."""
        mine = CatalogueRefresh.objects.filter(provider=self.provider, region=self.region)
        newest: int | None = mine.filter(state=RefreshState.DONE).aggregate(it=Max("pk"))["it"]
        return newest
