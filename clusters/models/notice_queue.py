from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

LONGEST_ADDRESS = 512


class NoticeQueue(models.Model):
    """A queue of a provider's announcements: one worker at a time reads it."""

    address = models.CharField(max_length=LONGEST_ADDRESS, unique=True)
    added_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True, help_text="Until then, a worker reads it.")
    read_at = models.DateTimeField(null=True, help_text="When it was last read without an error.")
    message_at = models.DateTimeField(null=True, help_text="When a message was last in it.")
    error = models.CharField(max_length=500, blank=True, help_text="Why it cannot be read.")
    error_since = models.DateTimeField(null=True, help_text="Since when it cannot be read.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="notice_queue_error_has_time",
                condition=Q(error="", error_since=None)
                | (~Q(error="") & Q(error_since__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return self.address
