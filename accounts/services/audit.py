"""The trail of what people did."""

from collections.abc import Mapping

from django.db.models import Model

from accounts.models import AuditEntry, Team, User
from accounts.origin import current_origin

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
    what changed and never a secret. The request and the client's address come from the context.
    """
    origin = current_origin()
    return AuditEntry.objects.create(
        action=action,
        actor=actor,
        actor_name=str(actor or ""),
        team=team,
        subject_kind=str(subject._meta.model_name),  # noqa: SLF001 - of a lazy user too
        subject_id=str(subject.pk),
        subject_name=str(getattr(subject, "name", "") or subject)[:255],
        before=before,
        after=after,
        reason=reason,
        request_id=origin.request_id,
        address=origin.address,
    )
