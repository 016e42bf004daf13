from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from domain.promotions.switches import OPEN_SWITCH_STATES, SwitchState


class Switch(models.Model):
    """A cluster that takes, or took, another's place for a change request.

    The row is there before the new cluster: whoever launches it finds out here whether somebody
    has. `clusters.following.switching` moves it.
    """

    request = models.ForeignKey("promotions.ChangeRequest", models.PROTECT, related_name="+")
    old = models.ForeignKey("clusters.Cluster", models.CASCADE, related_name="switches_from")
    new = models.ForeignKey(
        "clusters.Cluster",
        models.CASCADE,
        null=True,
        related_name="switches_to",
        help_text="Empty: it is still to be launched, or could not be.",
    )
    state = models.CharField(
        max_length=10,
        default=SwitchState.WANTED,
        choices=[(state.value, state.label) for state in SwitchState],
    )
    detail = models.CharField(max_length=500, blank=True, help_text="How far it is, in words.")
    created_at = models.DateTimeField(db_default=Now())
    switched_at = models.DateTimeField(null=True, help_text="When the new one took over.")
    asked_at = models.DateTimeField(
        null=True, help_text="When it was said that work still runs on the old one after all."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="switch_state_known", condition=Q(state__in=[s.value for s in SwitchState])
            ),
            models.CheckConstraint(
                name="switch_has_new_cluster",
                condition=Q(new__isnull=False)
                | Q(state__in=[SwitchState.WANTED, SwitchState.FAILED, SwitchState.CANCELED]),
            ),
            models.UniqueConstraint(fields=["request", "old"], name="switch_once_per_request"),
            models.UniqueConstraint(
                fields=["old"],
                condition=Q(state__in=sorted(OPEN_SWITCH_STATES)),
                name="switch_one_open_from",
            ),
            models.UniqueConstraint(
                fields=["new"],
                condition=Q(state__in=sorted(OPEN_SWITCH_STATES)),
                name="switch_one_open_to",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new or '?'}: {self.state}"
