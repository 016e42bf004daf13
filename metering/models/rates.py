from __future__ import annotations

from django.db import models
from django.db.models import Q


class RateCardVersion(models.Model):
    """Prices of a cloud's resources from a moment on. A trigger refuses changes and deletions."""

    cloud_kind = models.TextField(help_text="The provider's kind, such as `local`.")
    cloud_id = models.BigIntegerField(null=True, help_text="Empty: every cloud of this kind.")
    usd_per_cpu_hour = models.DecimalField(max_digits=12, decimal_places=6)
    usd_per_gib_hour = models.DecimalField(max_digits=12, decimal_places=6)
    usd_per_gpu_hour = models.DecimalField(max_digits=12, decimal_places=6)
    valid_from = models.DateTimeField()
    author_id = models.BigIntegerField(null=True, help_text="Empty: came with Mobula.")
    note = models.TextField(blank=True)
    is_default = models.BooleanField(default=False, help_text="A guess that came with Mobula.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="ratecard_not_negative",
                condition=Q(
                    usd_per_cpu_hour__gte=0, usd_per_gib_hour__gte=0, usd_per_gpu_hour__gte=0
                ),
            ),
            # Also the index of rates.current_rate.
            models.UniqueConstraint(
                fields=["cloud_kind", "cloud_id", "valid_from"],
                name="ratecard_once_at_a_time",
                nulls_distinct=False,
            ),
        ]
