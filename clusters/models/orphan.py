from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from domain.orphans import OrphanState, ResourceKind


class Orphan(models.Model):
    """A resource that carries this installation's tag, and that no row claimed when it was seen.

    Only `clusters.orphans.states` moves it.
    """

    cloud = models.ForeignKey("clouds.Cloud", models.CASCADE, related_name="orphans")
    region = models.CharField(max_length=63)
    kind = models.CharField(max_length=20, choices=[(k.value, k.label) for k in ResourceKind])
    resource_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    handle = models.CharField(max_length=63, blank=True, help_text="Of the cluster on its tag.")
    zone = models.CharField(max_length=63, blank=True)
    described = models.CharField(max_length=255, blank=True, help_text="Type or size, in words.")
    provider_state = models.CharField(max_length=63, blank=True)
    created_at = models.DateTimeField(null=True, help_text="Empty: the provider does not say.")
    first_seen_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField()
    orphan_from = models.DateTimeField(help_text="It is shown from then on.")
    daily_microusd = models.BigIntegerField(null=True, help_text="Empty: not known.")

    state = models.CharField(
        max_length=10,
        default=OrphanState.FOUND,
        choices=[(state.value, state.value) for state in OrphanState],
    )
    removed_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    attempts = models.PositiveIntegerField(default=0, help_text="Steps of its removal so far.")
    next_step_at = models.DateTimeField(null=True, help_text="While it is being removed.")
    removed_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=500, blank=True, help_text="Why it is still there.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cloud", "kind", "resource_id"], name="orphan_once"),
            models.CheckConstraint(
                name="orphan_kind_known", condition=Q(kind__in=[k.value for k in ResourceKind])
            ),
            models.CheckConstraint(
                name="orphan_state_known", condition=Q(state__in=[s.value for s in OrphanState])
            ),
            models.CheckConstraint(
                name="orphan_removing_has_a_step",
                condition=Q(state=OrphanState.REMOVING, next_step_at__isnull=False)
                | (~Q(state=OrphanState.REMOVING) & Q(next_step_at=None)),
            ),
            models.CheckConstraint(
                name="orphan_removed_says_when",
                condition=Q(state=OrphanState.REMOVED, removed_at__isnull=False)
                | (~Q(state=OrphanState.REMOVED) & Q(removed_at=None)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_step_at"],
                name="orphan_due",
                condition=Q(state=OrphanState.REMOVING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.resource_id}"


class OrphanSearch(models.Model):
    """The last search for orphans on a cloud."""

    cloud = models.OneToOneField("clouds.Cloud", models.CASCADE, related_name="orphan_search")
    at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, help_text="Why nothing was seen.")

    def __str__(self) -> str:
        return str(self.cloud)
