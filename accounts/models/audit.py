"""The audit trail: what people did, and the seals that chain its entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.people import Team, TeamQuerySet, User
from accounts.roles import Role

# PostgreSQL knows "infinity", which Python cannot read.
_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class AuditQuerySet(TeamQuerySet["AuditEntry"]):
    """Entries of the trail, as a user may read them."""

    def readable_by(self, user: User) -> Self:
        """Return the entries of the teams `user` is admin of; all for the installation's admin."""
        if user.is_superuser:
            return self
        administered = user.memberships.filter(role=Role.ADMIN)
        return self.filter(team__in=administered.values("team"))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What one field was, and became."""

    field: str
    before: object
    after: object


class AuditEntry(models.Model):
    """One thing that someone did; PostgreSQL refuses to change or delete it (migration 0002)."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    # As it was then; "" for Mobula itself, and in entries that older versions wrote.
    actor_name = models.CharField(max_length=254, blank=True, db_default="")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    action = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=64)
    subject_id = models.CharField(max_length=64)
    subject_name = models.CharField(max_length=255)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True, db_default="")

    objects = AuditQuerySet.as_manager()
    # Its place in the chain, where a query has looked for it (accounts/chain/files.py).
    place: Mapping[str, object] | None = None

    class Meta:
        ordering = ["-pk"]
        # The audit page walks backwards from an id, within one of these.
        indexes = [
            models.Index(fields=["team", "-id"], name="audit_of_a_team"),
            models.Index(fields=["actor", "-id"], name="audit_of_an_actor"),
            models.Index(fields=["action", "-id"], name="audit_of_an_action"),
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_of_a_subject"),
            models.Index(
                fields=["request_id", "-id"], name="audit_of_a_request", condition=~Q(request_id="")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(at__gte=_FIRST, at__lt=_LAST), name="audit_time_is_finite"
            ),
        ]

    def changes(self) -> list[FieldChange]:
        """Return the fields that differ between before and after, by name."""
        before, after = self.before or {}, self.after or {}
        changes = [
            FieldChange(field, before.get(field), after.get(field))
            for field in sorted(before | after)
        ]
        return [change for change in changes if change.before != change.after]


class AuditSeal(models.Model):
    """An entry's place in the chain of digests; append-only, and kept when its entry is removed."""

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField()
    entry_at = models.DateTimeField()
    at = models.DateTimeField()
    # How the digests were made (accounts/chain/digests.py).
    version = models.SmallIntegerField()
    content = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(position__gte=1), name="seals_count_from_one"),
        ]
        indexes = [models.Index(fields=["entry_id"], name="seal_of_an_entry")]


class AuditCheck(models.Model):
    """A verification of the whole chain in the background, for the audit page to show."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(default=0)
    # How far it came.
    position = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
