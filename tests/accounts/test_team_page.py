"""The team page: everybody looks, admins change, strangers find nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.errors import NotFound
from accounts.models import Membership, Team, User
from accounts.roles import Role
from accounts.services import change_role, invite_member
from tests.accounts.conftest import signed_in
from tests.cast import make_member, make_user

INVITATION = {"email": "dora@example.org", "role": "engineer"}


def test_a_viewer_sees_the_members_and_why_they_cannot_invite(bob: User, alice: User) -> None:
    page = signed_in(bob).get(reverse("accounts:team")).text
    assert "alice@example.org" in page
    assert "You need the Admin role in Research." in page
    assert "Change the role of" not in page


def test_somebody_without_a_team_is_told_so(db: None) -> None:
    response = signed_in(make_user("dora")).get(reverse("accounts:team"))
    assert response.status_code == 403
    assert "Ask an admin to invite you" in response.text


def test_an_invitation_shows_its_link_once(anna: User, research: Team) -> None:
    client = signed_in(anna)
    page = client.post(reverse("accounts:invite"), INVITATION).text
    assert "/accounts/link/" in page
    assert "/accounts/link/" not in client.get(reverse("accounts:team")).text
    dora = User.objects.get(email="dora@example.org")
    assert Membership.objects.role_of(dora, team=research) is Role.ENGINEER


def test_the_page_of_an_invitation_says_that_the_address_is_not_verified(
    anna: User, charlie: User, research: Team
) -> None:
    client = signed_in(anna)
    warning = "The email address is not verified. Anyone who has this link can sign in as"
    assert warning in client.post(reverse("accounts:invite"), INVITATION).text
    assert "Mobula does not verify the email address." in client.get(reverse("accounts:team")).text
    signed_in(charlie)
    page = client.post(reverse("accounts:invite"), INVITATION | {"email": charlie.email}).text
    assert "already has an account" in page
    assert "Confirm with charlie@example.org over a channel that you trust" in page


def test_whoever_another_team_invited_needs_an_installation_admin(
    anna: User, adam: User, other: Team, research: Team
) -> None:
    invite_member(other, email=INVITATION["email"], role=Role.ADMIN, by=adam)
    page = signed_in(anna).post(reverse("accounts:invite"), INVITATION).text
    assert "/accounts/link/" not in page
    assert "Ask an installation admin for a sign-in link: earlier links no longer work." in page


def test_a_member_who_is_gone_is_not_found(anna: User, bobs_membership: Membership) -> None:
    Membership.objects.filter(pk=bobs_membership.pk).delete()
    with pytest.raises(NotFound, match="Bob is no longer a member of Research"):
        change_role(bobs_membership, role=Role.ADMIN, by=anna)


def test_inviting_a_member_again_says_so_beside_the_field(anna: User, alice: User) -> None:
    answers = INVITATION | {"email": alice.email}
    page = signed_in(anna).post(reverse("accounts:invite"), answers).text
    assert "Alice is already engineer of Research" in page


def test_the_address_of_an_answer_leads_back_to_the_team(anna: User) -> None:
    response = signed_in(anna).get(reverse("accounts:invite"))
    assert response["Location"] == reverse("accounts:team")


@pytest.mark.parametrize("name", ["change-role", "remove-member", "member-link"])
@pytest.mark.parametrize(("who", "status"), [("alice", 403), ("bob", 403), ("charlie", 404)])
def test_only_admins_change_members(
    request: pytest.FixtureRequest, name: str, who: str, status: int, bobs_membership: Membership
) -> None:
    user: User = request.getfixturevalue(who)
    url = reverse(f"accounts:{name}", args=[bobs_membership.pk])
    assert signed_in(user).post(url, {"role": "admin"}).status_code == status
    assert Membership.objects.get(pk=bobs_membership.pk).role == Role.VIEWER


@pytest.mark.parametrize("who", ["alice", "bob", "charlie"])
def test_only_admins_invite(request: pytest.FixtureRequest, who: str) -> None:
    user: User = request.getfixturevalue(who)
    assert signed_in(user).post(reverse("accounts:invite"), INVITATION).status_code == 403
    assert not User.objects.filter(email="dora@example.org").exists()


def test_an_admin_changes_a_role(anna: User, bobs_membership: Membership) -> None:
    url = reverse("accounts:change-role", args=[bobs_membership.pk])
    page = signed_in(anna).post(url, {"role": "engineer"}, follow=True)
    assert "Changed the role of Bob to Engineer" in page.text
    assert Membership.objects.get(pk=bobs_membership.pk).role == Role.ENGINEER


def test_the_last_admin_cannot_leave(anna: User) -> None:
    url = reverse("accounts:remove-member", args=[anna.memberships.get().pk])
    page = signed_in(anna).post(url, follow=True)
    assert "Anna is the last admin of Research. Make another member an admin first" in page.text


def test_a_removed_member_sees_the_team_no_more(
    anna: User, bob: User, bobs_membership: Membership
) -> None:
    url = reverse("accounts:remove-member", args=[bobs_membership.pk])
    assert "Removed Bob from Research" in signed_in(anna).post(url, follow=True).text
    assert signed_in(bob).get(reverse("accounts:team")).status_code == 403


def test_the_admin_of_the_installation_makes_a_link_for_anybody(
    adam: User, bobs_membership: Membership
) -> None:
    url = reverse("accounts:member-link", args=[bobs_membership.pk])
    assert "/accounts/link/" in signed_in(adam).post(url).text


def test_a_team_admin_makes_no_link_for_somebody_who_has_signed_in(
    anna: User, bob: User, bobs_membership: Membership
) -> None:
    signed_in(bob)
    url = reverse("accounts:member-link", args=[bobs_membership.pk])
    response = signed_in(anna).post(url)
    assert response.status_code == 403
    assert "Bob already has an account" in response.text


def test_the_admin_of_the_installation_makes_teams(adam: User, research: Team) -> None:
    page = signed_in(adam).post(reverse("accounts:create-team"), {"name": "Deep Sea"}, follow=True)
    assert "Team Deep Sea" in page.text


def test_a_taken_team_name_is_refused_beside_its_field(adam: User, research: Team) -> None:
    page = signed_in(adam).post(reverse("accounts:create-team"), {"name": "RESEARCH"})
    assert "Choose another name" in page.text


def test_a_team_admin_makes_no_teams(anna: User) -> None:
    response = signed_in(anna).post(reverse("accounts:create-team"), {"name": "Deep Sea"})
    assert response.status_code == 403


def test_a_larger_team_takes_no_more_queries(anna: User, research: Team) -> None:
    client = signed_in(anna)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("accounts:team"))
        return len(queries)

    alone = count()
    for number in range(20):
        make_member(f"member{number}", team=research, role=Role.VIEWER)
    assert count() == alone
