"""The trail of what people did."""

from collections.abc import Mapping

from django.db.models import Model

from accounts.models import AuditEntry, Team, User
from accounts.requests import request_id

type FieldValues = Mapping[str, object]


def record(
    action: str,
    *,
    actor: User | None,
    subject: Model,
    team: Team | None = None,
    before: FieldValues | None = None,
    after: FieldValues | None = None,
    reason: str = "",
) -> AuditEntry:
    """Return the new entry of the trail; it lives or dies with the caller's transaction.

    `action` reads "cluster.launched"; `actor` None is Mobula itself; `before` and `after` hold
    what changed and never a secret.
    """
    return AuditEntry.objects.create(
        action=action,
        actor=actor,
        team=team,
        subject_kind=str(subject._meta.model_name),  # noqa: SLF001 - of a lazy user too
        subject_id=str(subject.pk),
        subject_name=str(getattr(subject, "name", "") or subject)[:255],
        before=before,
        after=after,
        reason=reason,
        request_id=request_id(),
    )
