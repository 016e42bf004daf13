"""What is not approved does not get to production, however it is tried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from accounts.errors import NotAllowed, WrongState
from accounts.models import Membership, Team, User
from clouds import catalogue
from configurations.models import Version
from domain.promotions.overlay import Overlay
from domain.promotions.states import RequestState
from images.bootstrap import register
from promotions import tasks
from promotions.checks import run_check
from promotions.models import Approver, ChangeRequest, CheckResult, Environment, Release
from promotions.progress import advance
from promotions.services.approvals import ChangedSince, approve
from promotions.services.environments import add_approver, change_rules, remove_approver
from promotions.services.settings import save_settings
from tests.cast import make_member
from tests.images.rewritten import rewrite_versions
from tests.promotions.steps import carry_on

pytestmark = pytest.mark.django_db
type Ask = Callable[..., ChangeRequest]


def approved_by(user: User, request: ChangeRequest) -> ChangeRequest:
    return approve(request, digest=request.digest, by=user)


def is_released() -> bool:
    return Release.objects.exists()


def test_its_author_cannot_approve(
    request_in_prod: ChangeRequest, prod: Environment, alice: User, lead: User
) -> None:
    add_approver(prod, group="leads", user=alice, by=lead)
    with pytest.raises(NotAllowed, match="who requested a change"):
        approved_by(alice, request_in_prod)


def test_who_wrote_the_version_cannot_approve_what_another_asked_for(
    prod: Environment, version: Version, alice: User, bea: User, lead: User
) -> None:
    from promotions.services.requests import request_change

    add_approver(prod, group="leads", user=alice, by=lead)
    request = carry_on(request_change(version, environment="prod", title="More.", by=bea))
    with pytest.raises(NotAllowed, match="wrote its version"):
        approved_by(alice, request)


def test_a_second_account_with_the_authors_mailbox_cannot(
    request_in_prod: ChangeRequest, prod: Environment, research: Team, lead: User
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("Alice@Example.org ")
    twin = User.objects.create_user("alice+second@example.org")
    Membership.objects.create(user=twin, team=research, role="admin")
    add_approver(prod, group="leads", user=twin, by=lead)
    with pytest.raises(NotAllowed):
        approved_by(twin, request_in_prod)


def test_leaving_the_approvers_and_coming_back_changes_nothing(
    request_in_prod: ChangeRequest, prod: Environment, alice: User, lead: User
) -> None:
    place = add_approver(prod, group="leads", user=alice, by=lead)
    remove_approver(place, by=lead)
    add_approver(prod, group="others", user=alice, by=lead)
    with pytest.raises(NotAllowed):
        approved_by(alice, request_in_prod)


def test_an_admin_who_is_no_approver_cannot(
    request_in_prod: ChangeRequest, lead: User, adam: User
) -> None:
    for admin in (lead, adam):
        with pytest.raises(NotAllowed, match="not an approver of prod"):
            approved_by(admin, request_in_prod)


def test_a_stranger_on_the_list_cannot(
    request_in_prod: ChangeRequest, prod: Environment, charlie: User, lead: User
) -> None:
    Approver.objects.create(group=prod.approver_groups.get(), user=charlie, added_by=lead)
    with pytest.raises(NotAllowed):
        approved_by(charlie, request_in_prod)


def test_without_approvers_nobody_can(
    environments: dict[str, Environment], ask: Ask, bea: User, adam: User
) -> None:
    request = carry_on(ask("prod"))
    assert request.state == RequestState.AWAITING_APPROVAL
    for user in (bea, adam):
        with pytest.raises(NotAllowed):
            approved_by(user, request)


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_another_digest_is_refused(request_in_prod: ChangeRequest, bea: User, digest: str) -> None:
    with pytest.raises(ChangedSince):
        approve(request_in_prod, digest=digest, by=bea)
    assert carry_on(request_in_prod).state == RequestState.AWAITING_APPROVAL


def test_a_replayed_approval_counts_once(
    request_in_prod: ChangeRequest, prod: Environment, bea: User, dan: User, lead: User
) -> None:
    change_rules(prod, values={"approvals": 2}, by=lead)
    request = carry_on(request_in_prod)  # checked again, under the new rules
    approved_by(bea, request)
    with pytest.raises(WrongState, match="already approved"):
        approved_by(bea, request)
    assert carry_on(request).state == RequestState.AWAITING_APPROVAL
    approved_by(dan, request)
    assert carry_on(request).state == RequestState.APPLYING


def test_an_approval_of_an_earlier_round_cannot_be_replayed(
    request_in_prod: ChangeRequest, prod: Environment, bea: User, lead: User
) -> None:
    stale = request_in_prod.digest
    change_rules(prod, values={"approvals": 2}, by=lead)
    request = carry_on(request_in_prod)
    with pytest.raises(ChangedSince):
        approve(request, digest=stale, by=bea)


def stuck(request: ChangeRequest, prod: Environment, bea: User) -> ChangeRequest:
    """The request, approved, while a change window keeps it from being applied."""
    later = (now() + timedelta(days=3)).strftime("%w")
    prod.windows.create(kind="allow", cron=f"0 0 * * {later}", minutes=60)
    request = carry_on(request)
    approved_by(bea, request)
    request = carry_on(request)
    assert request.state == RequestState.QUEUED
    return request


def widen(prod: Environment) -> None:
    change_rules(
        prod, values={"verify_minutes": 0, "rolls_back": False}, by=User.objects.get(name="Lead")
    )


def lift(prod: Environment) -> None:
    """Lift a cap that this version is below: its configuration stays as it was approved."""
    save_settings(
        prod, overlay=Overlay(max_nodes=900), reason="Room.", by=User.objects.get(name="Lead")
    )


@pytest.mark.parametrize(
    "what", ["rules", "settings", "image", "image version", "prices", "release"]
)
def test_what_was_swapped_after_the_approval_voids_it(
    what: str,
    ask: Ask,
    prod: Environment,
    bea: User,
    version: Version,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = stuck(carry_on(ask()), prod, bea)
    round_before = request.round
    if what == "rules":
        widen(prod)
    elif what == "settings":
        lift(prod)
    elif what == "image":
        rewrite_versions(location="/opt/other/bin/ray")
    elif what == "image version":
        register("ray", ray_version="2.60.0", location="/opt/next/bin/ray")
    elif what == "prices":
        prices = catalogue.prices_in
        monkeypatch.setattr(
            catalogue, "prices_in", lambda cloud: {k: 2 * v for k, v in prices(cloud).items()}
        )
    else:
        Release.objects.create(
            team=prod.team,
            environment=prod,
            template=version.template,
            version=version,
            number=1,
            request=ask("dev"),
        )
    request = carry_on(request)
    assert request.round == round_before + 1
    assert request.state in {RequestState.AWAITING_APPROVAL, RequestState.BLOCKED}
    voided = request.approvals.get()
    assert voided.voided_at
    assert "Changed since it was checked" in voided.void_reason
    if what == "settings":
        assert "the settings of the environment" in voided.void_reason
        assert request.settings == prod.settings.get()


def test_settings_that_changed_while_it_was_checked_are_not_the_ones_that_are_released(
    ask: Ask, prod: Environment, environments: dict[str, Environment], lead: User
) -> None:
    dev = environments["dev"]  # which asks for no approval
    request = ask("dev")
    for check in advance(request.pk).checks:
        run_check(CheckResult.objects.get(pk=check))
    save_settings(dev, overlay=Overlay(max_nodes=1), reason="A small budget.", by=lead)
    request = carry_on(request)
    assert request.round == 2
    assert request.settings == dev.settings.get()
    assert request.release.request.settings == dev.settings.get()


@pytest.mark.parametrize("what", ["off the list", "deactivated", "out of the team"])
def test_an_approver_who_is_gone_does_not_count(
    what: str, ask: Ask, prod: Environment, bea: User, lead: User
) -> None:
    request = stuck(carry_on(ask()), prod, bea)
    if what == "off the list":
        remove_approver(Approver.objects.get(user=bea), by=lead)
        add_approver(prod, group="leads", user=bea, by=lead)
    elif what == "deactivated":
        User.objects.filter(pk=bea.pk).update(is_active=False)
    else:
        Membership.objects.filter(user=bea).delete()
    request = carry_on(request)
    assert request.state == RequestState.AWAITING_APPROVAL
    assert not is_released()


@pytest.mark.parametrize("what", ["off the list", "deactivated", "out of the team"])
def test_an_approver_who_comes_back_has_to_approve_again(
    what: str, ask: Ask, prod: Environment, bea: User, dan: User, lead: User
) -> None:
    change_rules(prod, values={"approvals": 2}, by=lead)
    request = carry_on(ask())
    approved_by(bea, request)
    team = prod.team
    if what == "off the list":
        remove_approver(Approver.objects.get(user=bea), by=lead)
    elif what == "deactivated":
        User.objects.filter(pk=bea.pk).update(is_active=False)
    else:
        Membership.objects.filter(user=bea).delete()
    carry_on(request)
    if what == "off the list":
        add_approver(prod, group="leads", user=bea, by=lead)
    elif what == "deactivated":
        User.objects.filter(pk=bea.pk).update(is_active=True)
    else:
        Membership.objects.create(user=bea, team=team, role="engineer")
    approved_by(dan, request)
    assert carry_on(request).state == RequestState.AWAITING_APPROVAL
    assert "Its approver left" in request.approvals.get(user=bea).void_reason
    approved_by(bea, request)
    assert carry_on(request).state == RequestState.APPLYING


def test_the_clock_past_its_expiry_ends_it(ask: Ask, prod: Environment, bea: User) -> None:
    request = stuck(carry_on(ask()), prod, bea)
    ChangeRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    prod.windows.all().delete()
    assert carry_on(request).state == RequestState.EXPIRED
    assert not is_released()


def test_the_task_called_directly_applies_nothing(request_in_prod: ChangeRequest) -> None:
    for _ in range(3):
        tasks.advance_request.run(request_in_prod.pk)
    assert not is_released()


def test_whoever_was_approver_of_another_environment_cannot(
    request_in_prod: ChangeRequest, environments: dict[str, Environment], research: Team, lead: User
) -> None:
    eve = make_member("eve", team=research, role="engineer")
    add_approver(environments["test"], group="leads", user=eve, by=lead)
    with pytest.raises(NotAllowed):
        approved_by(eve, request_in_prod)
