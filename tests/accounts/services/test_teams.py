"""Inviting, promoting and removing members."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.errors import Invalid, NotAllowed
from accounts.models import AuditEntry, Membership, Team, User
from accounts.permissions import may_make_link
from accounts.roles import Role
from accounts.services import (
    AlreadyMember,
    LastAdmin,
    NameTaken,
    change_role,
    consume_sign_in_link,
    create_team,
    invite_member,
    make_sign_in_link,
    remove_member,
    set_password,
)
from tests.cast import make_member


def test_somebody_new_gets_a_link(anna: User, research: Team) -> None:
    invitation = invite_member(research, email="Dora@Example.org", role=Role.VIEWER, by=anna)
    assert invitation.link is not None
    dora = consume_sign_in_link(invitation.link.rstrip("/").rpartition("/")[2])
    assert dora is not None
    assert dora.email == "dora@example.org"
    assert Membership.objects.role_of(dora, team=research) is Role.VIEWER


@pytest.mark.parametrize("by", ["anna", "adam"])
def test_no_invitation_hands_out_a_link_to_an_account_with_a_password(
    request: pytest.FixtureRequest, by: str, research: Team, charlie: User
) -> None:
    inviter: User = request.getfixturevalue(by)
    set_password(charlie, password="four eyes of a manta")
    invitation = invite_member(research, email=charlie.email, role=Role.ADMIN, by=inviter)
    assert invitation.link is None
    assert Membership.objects.role_of(charlie, team=research) is Role.ADMIN


def test_a_team_admin_gets_no_link_to_the_admin_of_the_installation(
    anna: User, adam: User, research: Team
) -> None:
    assert invite_member(research, email=adam.email, role=Role.VIEWER, by=anna).link is None


def test_a_team_admin_gets_no_link_to_somebody_whom_another_team_invited(
    anna: User, adam: User, research: Team, other: Team
) -> None:
    invite_member(other, email="dora@example.org", role=Role.ADMIN, by=adam)
    invitation = invite_member(research, email="dora@example.org", role=Role.VIEWER, by=anna)
    assert invitation.link is None
    assert not may_make_link(anna, member=invitation.member)
    assert may_make_link(adam, member=invitation.member)


def test_a_link_is_on_the_trail_of_the_team_whose_admin_made_it(anna: User, research: Team) -> None:
    invite_member(research, email="dora@example.org", role=Role.VIEWER, by=anna)
    made, invited = AuditEntry.objects.filter(team=research)
    assert (invited.action, made.action) == ("member.invited", "user.link_made")


def test_an_engineer_makes_no_links(alice: User, bobs_membership: Membership) -> None:
    assert not may_make_link(alice, member=bobs_membership)


def test_a_member_cannot_be_invited_again(anna: User, alice: User, research: Team) -> None:
    with pytest.raises(AlreadyMember, match="Alice is already engineer of Research"):
        invite_member(research, email=alice.email, role=Role.ADMIN, by=anna)
    assert Membership.objects.role_of(alice, team=research) is Role.ENGINEER


def test_the_last_admin_cannot_be_demoted(anna: User, research: Team) -> None:
    with pytest.raises(LastAdmin, match="Anna is the last admin of Research"):
        change_role(anna.memberships.get(), role=Role.VIEWER, by=anna)
    assert Membership.objects.role_of(anna, team=research) is Role.ADMIN


def test_the_last_admin_cannot_be_removed(anna: User, adam: User, research: Team) -> None:
    with pytest.raises(LastAdmin):
        remove_member(anna.memberships.get(), by=adam)
    assert Membership.objects.role_of(anna, team=research) is Role.ADMIN


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_remove_each_other_do_not_both_succeed(
    anna: User, adam: User, research: Team
) -> None:
    together = Barrier(2)

    def remove(member: Membership) -> bool:
        together.wait()
        try:
            remove_member(member, by=adam)
        except LastAdmin:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as admins:
        for number in range(5):
            make_member(f"admin{number}", team=research, role=Role.ADMIN)
            pair = list(research.memberships.select_related("user", "team"))
            assert sorted(admins.map(remove, pair)) == [False, True]
            assert research.memberships.count() == 1


def test_an_admin_can_go_once_there_is_another(
    anna: User, bobs_membership: Membership, research: Team
) -> None:
    change_role(bobs_membership, role=Role.ADMIN, by=anna)
    remove_member(anna.memberships.get(), by=anna)
    assert Membership.objects.role_of(anna, team=research) is None


def test_whoever_makes_a_team_is_its_admin(adam: User) -> None:
    team = create_team("Deep Sea", by=adam)
    assert (team.slug, team.memberships.get().role) == ("deep-sea", Role.ADMIN)


def test_two_teams_do_not_share_a_name(adam: User) -> None:
    create_team("Deep Sea", by=adam)
    with pytest.raises(NameTaken, match="Choose another name"):
        create_team("deep  sea", by=adam)


def test_names_in_other_scripts_differ_too(adam: User) -> None:
    assert create_team("研究", by=adam).slug != create_team("開発", by=adam).slug


def test_what_happens_to_members_is_on_the_trail(
    anna: User, bobs_membership: Membership, research: Team
) -> None:
    change_role(bobs_membership, role=Role.ENGINEER, by=anna)
    remove_member(bobs_membership, by=anna)
    removed, changed = AuditEntry.objects.all()
    assert (changed.action, changed.before, changed.after) == (
        "member.role_changed",
        {"role": "viewer"},
        {"role": "engineer"},
    )
    assert (removed.action, removed.actor, removed.subject_name) == ("member.removed", anna, "Bob")


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [("nobody", "viewer", "email"), ("", "viewer", "email"), ("dora@example.org", "x", "role")],
)
def test_who_or_what_is_none_is_not_invited(
    anna: User, research: Team, email: str, role: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        invite_member(research, email=email, role=role, by=anna)
    assert refusal.value.field == field
    assert research.memberships.count() == 1


def test_role_that_is_none_is_not_given(anna: User, bobs_membership: Membership) -> None:
    with pytest.raises(Invalid, match="Select a role from the list"):
        change_role(bobs_membership, role="owner", by=anna)


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_team_needs_a_name_that_fits(adam: User, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create_team(name, by=adam)
    assert refusal.value.field == "name"
    assert not Team.objects.exists()


def test_engineer_makes_no_link_for_a_member(
    alice: User, bobs_membership: Membership, research: Team
) -> None:
    with pytest.raises(NotAllowed):
        make_sign_in_link(bobs_membership.user, by=alice, team=research)


def test_admin_of_a_team_makes_no_link_for_a_stranger(
    anna: User, charlie: User, research: Team
) -> None:
    with pytest.raises(NotAllowed, match="Only an installation admin can manage the installation"):
        make_sign_in_link(charlie, by=anna, team=research)
