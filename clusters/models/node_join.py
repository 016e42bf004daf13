from __future__ import annotations

from django.db import models
from django.db.models import Q


class NodeJoin(models.Model):
    """How one machine proves that it is the node it was launched as.

    It shows a token that stands in its user data, once, and is known by a key of its own from
    then on. Machines that are launched together have the same token and different indexes.
    """

    node = models.OneToOneField("clusters.Node", models.CASCADE, related_name="join_grant")
    token_hash = models.CharField(max_length=64)
    index = models.PositiveIntegerField(default=0, help_text="The machine's in its batch.")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    key_hash = models.CharField(max_length=64, blank=True, help_text="Empty: it was not used yet.")
    address = models.GenericIPAddressField(null=True, help_text="Of the machine that used it.")
    instance = models.CharField(max_length=100, blank=True, help_text="The provider's id of it.")
    rejected_at = models.DateTimeField(null=True, help_text="When another one tried to use it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_hash", "index"], name="nodejoin_token_once"),
            models.UniqueConstraint(
                fields=["key_hash"], condition=~Q(key_hash=""), name="nodejoin_key_once"
            ),
            models.CheckConstraint(
                name="nodejoin_used_with_key",
                condition=Q(used_at=None, key_hash="")
                | (Q(used_at__isnull=False) & ~Q(key_hash="")),
            ),
        ]

    def __str__(self) -> str:
        return f"join of {self.node_id}"
