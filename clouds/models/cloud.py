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
    """An account with a provider. Without a team it serves every team."""

    name = models.CharField(max_length=63, unique=True)
    provider = models.CharField(
        max_length=20, choices=[(kind.value, kind.label) for kind in ProviderKind]
    )
    region = models.CharField(max_length=63, default="local")
    shapes = models.JSONField(
        default=list, blank=True, help_text="On Kubernetes: the pod shapes that may be named."
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
