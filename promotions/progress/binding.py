"""Whether a request still is what was checked and approved."""

from __future__ import annotations

from django.utils.timezone import now

from accounts.errors import ServiceError
from domain.promotions.checks import CheckKind, failing
from domain.promotions.digest import differing
from promotions.evidence import gather_now
from promotions.models import Approval, ChangeRequest
from promotions.queries import checks_of, standing_of, verdicts_of
from promotions.transitions import check_again

PARTS_IN_WORDS = {
    "configuration": "the configuration",
    "image": "the image",
    "changes": "what changes",
    "checks": "the result of a check",
    "rules": "the rules of the environment",
    "settings": "the settings of the environment",
    "prices": "the prices",
    "code": "the code of the test workload",
    "strategy": "how it is applied",
}


def blocked_by(request: ChangeRequest) -> tuple[CheckKind, ...]:
    """Return the checks that keep the request from going on."""
    return failing(
        verdicts_of(checks_of(request)),
        required=[CheckKind(kind) for kind in request.environment.required_checks],
        skipped=[CheckKind(kind) for kind in request.skipped],
    )


def void_if_changed(request: ChangeRequest) -> bool:
    """Send the request back to its checks where what was approved is not what there is now."""
    try:
        found = gather_now(request)
    except ServiceError as refusal:
        check_again(request, reason=" ".join(refusal.messages))
        return True
    if found.digest == request.digest:
        return False
    names = [PARTS_IN_WORDS[part] for part in differing(request.parts, found.parts)]
    check_again(request, reason=f"Changed since it was checked: {', '.join(names)}.")
    return True


def void_lost(request: ChangeRequest) -> None:
    """Void the approvals of people who cannot approve any more; who comes back approves again."""
    lost = request.approvals.filter(voided_at=None, decision=Approval.Decision.APPROVE)
    lost.exclude(user__in=standing_of(request).counted).update(
        voided_at=now(),
        void_reason="Its approver left the list of approvers or the team, or was deactivated.",
    )
