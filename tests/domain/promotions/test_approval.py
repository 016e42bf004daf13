"""Alice (1) asks, Bob (2) and Adam (3) approve, Dora (4) is of another group."""

from typing import Any

import pytest

from domain.promotions.approval import (
    ApprovalRule,
    ApproverGroup,
    GivenApproval,
    barred_from,
    mailbox_of,
    standing,
)

ALICE, BOB, ADAM, DORA = 1, 2, 3, 4
ADDRESSES = {ALICE: "alice@example.com", BOB: "bob@example.com", ADAM: "adam@example.com"}
LEADS = ApproverGroup(name="leads", places={11: BOB, 12: ADAM, 13: ALICE})
FINANCE = ApproverGroup(name="finance", required=True, places={21: DORA})
EVERYBODY = (ALICE, BOB, ADAM, DORA)


def approval(person: int, place: int, digest: str = "d1") -> GivenApproval:
    return GivenApproval(person=person, places=frozenset({place}), digest=digest)


def stand(*given: GivenApproval, **rule: Any) -> Any:
    active, barred = rule.pop("active", EVERYBODY), rule.pop("barred", ())
    rule = {"needed": 1, "groups": [LEADS], **rule}
    return standing(ApprovalRule(**rule), given, digest="d1", barred=barred, active=active)


def test_an_approver_approves() -> None:
    assert stand(approval(BOB, 11)).approved


def test_without_anybody_on_the_list_nobody_can_approve() -> None:
    result = stand(approval(BOB, 11), groups=[])
    assert not result.approved
    assert result.words == "Needs 1 more approval."


def test_an_approval_of_another_digest_does_not_count() -> None:
    assert not stand(approval(BOB, 11, digest="d0")).approved


def test_who_left_the_list_and_came_back_has_to_approve_again() -> None:
    again = ApproverGroup(name="leads", places={14: BOB})
    assert not stand(approval(BOB, 11), groups=[again]).approved
    assert stand(approval(BOB, 14), groups=[again]).approved


def test_who_is_no_longer_active_does_not_count() -> None:
    assert not stand(approval(BOB, 11), active=[ALICE, ADAM]).approved


def test_one_person_counts_once_however_often_they_approve() -> None:
    twice = stand(approval(BOB, 11), approval(BOB, 11), needed=2)
    assert twice.missing == 1
    both = ApproverGroup(name="more", places={15: BOB})
    assert stand(approval(BOB, 11), approval(BOB, 15), needed=2, groups=[LEADS, both]).missing == 1


def test_somebody_elses_place_is_no_place() -> None:
    assert not stand(approval(BOB, 12)).approved


def test_of_a_required_group_at_least_one_has_to_approve() -> None:
    result = stand(approval(BOB, 11), approval(ADAM, 12), needed=2, groups=[LEADS, FINANCE])
    assert result.missing_groups == ("finance",)
    assert result.words == "Needs an approval from finance."
    assert stand(approval(BOB, 11), approval(DORA, 21), needed=2, groups=[LEADS, FINANCE]).approved


def test_a_barred_approver_does_not_count() -> None:
    assert not stand(approval(ALICE, 13), barred=[ALICE]).approved


@pytest.mark.parametrize(
    ("forbid_author", "forbid_last_editor", "expected"),
    [
        (True, True, {ALICE, BOB}),
        (True, False, {ALICE}),
        (False, True, {BOB}),
        (False, False, set()),
    ],
)
def test_author_and_last_editor_are_barred_where_the_rule_says_so(
    forbid_author: bool, forbid_last_editor: bool, expected: set[int]
) -> None:
    rule = ApprovalRule(forbid_author=forbid_author, forbid_last_editor=forbid_last_editor)
    barred = barred_from(
        rule, author="alice@example.com", last_editor="bob@example.com", addresses=ADDRESSES
    )
    assert barred == expected


def test_a_second_account_with_the_authors_mailbox_is_the_author() -> None:
    addresses = {5: "alice+prod@example.com", 6: "Alice@Example.com", BOB: "bob@example.com"}
    barred = barred_from(
        ApprovalRule(), author="alice@example.com", last_editor="x@y", addresses=addresses
    )
    assert barred == {5, 6}


def test_a_mailbox_is_the_address_without_case_and_tag() -> None:
    assert mailbox_of(" Bob+a+b@Example.com") == "bob@example.com"
