"""Each move of a request by a person, tried in each state by each role."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.db import transaction

from accounts.errors import NotAllowed, ServiceError
from accounts.models import AuditEntry, User
from domain.promotions.states import REQUEST_MOVES, RequestState
from promotions.models import ChangeRequest, Environment, Release
from promotions.services.approvals import approve, reject
from promotions.services.environments import change_rules
from promotions.services.releases import pause, resume, roll_back
from promotions.services.requests import cancel_request, check_request, skip_checks
from tests.cast import make_member
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db
R = RequestState
REASON = "Nobody can train since noon."
ACTIONS: dict[str, Callable[[ChangeRequest, User], Any]] = {
    "approve": lambda request, by: approve(request, digest=request.digest, by=by),
    "reject": lambda request, by: reject(request, reason=REASON, by=by),
    "check": lambda request, by: check_request(request, by=by),
    "skip": lambda request, by: skip_checks(request, checks=["previous"], reason=REASON, by=by),
    "cancel": lambda request, by: cancel_request(request, by=by),
    "pause": lambda request, by: pause(request, by=by),
    "resume": lambda request, by: resume(request, by=by),
    "roll back": lambda request, by: roll_back(request, reason=REASON, by=by),
}
BEFORE = {R.DRAFT, R.CHECKING, R.BLOCKED, R.READY, R.AWAITING_APPROVAL, R.APPROVED, R.QUEUED}
CHECKABLE = {R.BLOCKED, R.READY, R.AWAITING_APPROVAL}
# What leads where, and from which states; "" leaves the request where it is.
LEADS: dict[str, tuple[str, set[RequestState]]] = {
    "approve": (R.APPROVED, {R.AWAITING_APPROVAL}),
    "reject": (R.REJECTED, {R.AWAITING_APPROVAL, R.APPROVED, R.QUEUED}),
    "check": (R.CHECKING, CHECKABLE),
    "skip": (R.CHECKING, CHECKABLE),
    "cancel": (R.CANCELED, BEFORE),
    "pause": ("", {R.APPLYING}),
    "resume": ("", {R.APPLYING}),
}
# Who may, whatever the state: being an admin, of the team or of all, approves nothing.
EDITORS = {"author", "editor", "bypasser", "admin", "site admin"}
MAY = {
    "approve": {"approver"},
    "reject": {"approver"},
    "check": EDITORS,
    "skip": {"bypasser"},
    "cancel": EDITORS,
    "pause": EDITORS,
    "resume": EDITORS,
    "roll back": {"approver", "admin", "site admin"},
}


@pytest.fixture
def people(prod: Environment, alice: User, bob: User, charlie: User, adam: User, lead: User) -> Any:
    """One of each role. The approver is a viewer: it takes no right to edit."""
    from promotions.services.environments import add_approver

    members = {
        name: make_member(name, team=prod.team, role=role)
        for name, role in (("approver", "viewer"), ("editor", "engineer"), ("bypasser", "engineer"))
    }
    add_approver(prod, group="leads", user=members["approver"], by=lead)
    change_rules(prod, values={"bypass": [members["bypasser"]]}, by=lead)
    others = {"author": alice, "viewer": bob, "stranger": charlie, "admin": lead}
    return {**members, **others, "site admin": adam}


def outcome(action: str, request: ChangeRequest, by: User) -> str:
    """Return the state that the request has then, or why not; nothing is kept."""
    with transaction.atomic():
        entries = AuditEntry.objects.count()
        try:
            ACTIONS[action](request, by)
        except NotAllowed:
            found = "not allowed"
        except ServiceError:
            found = "not now"
        else:
            found = ChangeRequest.objects.get(pk=request.pk).state
        if found.startswith("not"):
            assert AuditEntry.objects.count() == entries
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("action", LEADS)
def test_each_move_takes_the_state_and_the_right(
    action: str, request_in_prod: ChangeRequest, prod: Environment, people: dict[str, User]
) -> None:
    request = carry_on(request_in_prod)
    target, states = LEADS[action]
    for state, (role, user) in product(RequestState, people.items()):
        with transaction.atomic():
            ChangeRequest.objects.filter(pk=request.pk).update(state=state)
            request.state = state
            if role not in MAY[action]:
                wanted = "not allowed"
            elif state not in states:
                wanted = "not now"
            else:
                wanted = target or state
                assert not target or target in REQUEST_MOVES[state]
            assert outcome(action, request, user) == wanted, (action, state, role)
            transaction.set_rollback(True)


def test_a_roll_back_takes_a_release_and_the_right(
    request_in_prod: ChangeRequest, prod: Environment, people: dict[str, User]
) -> None:
    from promotions.services.requests import request_change

    change_rules(prod, values={"approvals": 0}, by=people["admin"])
    finish(carry_on(request_in_prod))
    new = changed(request_in_prod.version, find="max_nodes: 4", replace="max_nodes: 7")
    request = carry_on(request_change(new, environment="prod", title="More.", by=people["author"]))
    assert request.state == R.APPLYING
    released = {R.APPLYING, R.VERIFYING, R.DONE, R.FAILED}
    for state, (role, user) in product(released, people.items()):
        with transaction.atomic():
            ChangeRequest.objects.filter(pk=request.pk).update(state=state)
            may = role in MAY["roll back"]
            then = R.FAILED if state in {R.APPLYING, R.VERIFYING} else state
            assert outcome("roll back", request, user) == (then if may else "not allowed")
            transaction.set_rollback(True)
    assert Release.objects.filter(replaced_at=None).get().request == request
