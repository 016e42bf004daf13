"""Approvers are written to, once for each state of a request."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest
from django.core import mail

from accounts.models import User
from promotions import progress
from promotions.mail import write_to_approvers
from promotions.models import ChangeRequest, Environment
from promotions.services.environments import add_approver, change_rules
from promotions.services.requests import skip_checks
from tests.promotions.steps import carry_on

pytestmark = pytest.mark.django_db


def test_everybody_whose_approval_would_count_gets_a_link(
    request_in_prod: ChangeRequest, prod: Environment, alice: User, lead: User
) -> None:
    add_approver(prod, group="leads", user=alice, by=lead)  # its author
    assert progress.advance(request_in_prod.pk).mail
    assert write_to_approvers(request_in_prod.pk) == 2
    (message,) = mail.outbox
    assert sorted(message.bcc) == ["bea@example.org", "dan@example.org"]
    assert message.to == []
    assert message.subject == "Approval needed: train:1 to prod"
    assert f"/changes/{request_in_prod.pk}/" in message.body
    assert "Alice requests to release train:1 in prod" in message.body
    assert not progress.advance(request_in_prod.pk).mail
    assert write_to_approvers(request_in_prod.pk) == 0


def test_another_state_of_the_request_is_written_about_anew(
    request_in_prod: ChangeRequest, prod: Environment, lead: User, alice: User
) -> None:
    write_to_approvers(request_in_prod.pk)
    change_rules(prod, values={"bypass": [alice]}, by=lead)
    reason = "Customers cannot train since noon."
    skip_checks(request_in_prod, checks=["quota"], reason=reason, by=alice)
    carry_on(request_in_prod)
    write_to_approvers(request_in_prod.pk)
    assert len(mail.outbox) == 2
    assert f"Hotfix: skips quota. {reason}" in mail.outbox[1].body


@pytest.mark.parametrize("failure", [smtplib.SMTPServerDisconnected, ConnectionRefusedError])
def test_what_was_not_sent_is_sent_later(
    failure: type[Exception], request_in_prod: ChangeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object) -> int:
        raise failure("No.")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", fails)
        assert write_to_approvers(request_in_prod.pk) == 0
    assert progress.advance(request_in_prod.pk).mail
    assert write_to_approvers(request_in_prod.pk) == 2


def test_nothing_is_sent_of_a_request_that_asks_nobody(
    environments: dict[str, Environment], ask: Callable[..., ChangeRequest]
) -> None:
    assert write_to_approvers(carry_on(ask("dev")).pk) == 0
    assert not mail.outbox
