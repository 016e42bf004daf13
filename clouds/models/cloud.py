from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Max, Q
from django.utils.functional import cached_property

from clouds.models.refreshed import CatalogueRefresh, RefreshState
from domain.offerings import ProviderKind

if TYPE_CHECKING:
    from accounts.models import Team, User


# Configurations that name no cloud mean this one: the machine that Mobula runs on.
DEFAULT_CLOUD = "local"
# Why a demo cloud is not refreshed.
DEMO_PRICES = "The machine types and prices of a demo cloud come with Mobula."


class CloudQuerySet(models.QuerySet["Cloud"]):
    def usable_by(self, team: Team) -> CloudQuerySet:
        """Return the clouds that templates and clusters of `team` may name, whoever asks."""
        return self.filter(Q(is_shared=True) | Q(pk__in=Cloud.objects.filter(teams=team)))

    def visible_to(self, user: User) -> CloudQuerySet:
        """Return the clouds that pages list: those of all teams and of the user's own.

        What a template or a cluster may use is another question: see `usable_by`.
        """
        if user.is_superuser:
            return self
        own = Cloud.objects.filter(teams__memberships__user=user)
        return self.filter(Q(is_shared=True) | Q(pk__in=own))


_EveryCloud = models.Manager.from_queryset(CloudQuerySet)


class PresentClouds(_EveryCloud):  # type: ignore[type-arg]
    """The clouds that were not deleted."""

    def get_queryset(self) -> CloudQuerySet:
        return super().get_queryset().filter(removed_at=None)  # type: ignore[return-value]


class Cloud(models.Model):
    """An account with a provider, for the teams that it was given to or for all of them.

    One that was deleted stays as a row, since clusters that ended and their costs name it. Only
    `with_deleted`, and what points at the row, find it.

    Its version is a number and not the time of the last save: whatever a driver is opened with
    counts it up in the same transaction, also what does not stand in this row.
    """

    name = models.CharField(max_length=63)
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
    sealed_credentials = models.TextField(
        default="",
        db_default="",
        blank=True,
        help_text="How Mobula signs in, encrypted. Empty: as itself.",
    )
    is_demo = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its machines are processes of this host; nothing is charged.",
    )
    teams = models.ManyToManyField("accounts.Team", blank=True, related_name="clouds")
    is_shared = models.BooleanField(
        default=False, help_text="All teams can use it, also those that are created later."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Kept for its history; the name can be used again. Empty: it is there.",
    )

    objects: ClassVar[CloudQuerySet] = PresentClouds()  # type: ignore[assignment]
    with_deleted: ClassVar[CloudQuerySet] = CloudQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(removed_at=None),
                name="cloud_name_once",
                violation_error_message="A cloud with this name already exists.",
            ),
            models.CheckConstraint(
                name="cloud_provider_known",
                condition=Q(provider__in=[kind.value for kind in ProviderKind]),
            ),
            # Its jobs run on the machine of Mobula itself: each team is let in by name.
            models.CheckConstraint(
                name="cloud_local_is_not_for_all_teams",
                condition=~Q(provider=ProviderKind.LOCAL.value, is_shared=True),
            ),
            models.CheckConstraint(
                name="cloud_demo_is_not_for_all_teams",
                condition=~Q(is_demo=True, is_shared=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_this_machine(self) -> bool:
        """Whether its nodes run beside Mobula, as processes of one machine."""
        return self.is_demo or self.provider == ProviderKind.LOCAL

    @cached_property
    def newest_refresh(self) -> int | None:
        """The region's last refresh that is done; asked once for this object, so once a request."""
        mine = CatalogueRefresh.objects.filter(provider=self.provider, region=self.region)
        newest: int | None = mine.filter(state=RefreshState.DONE).aggregate(it=Max("pk"))["it"]
        return newest
