"""Teams and who is in them."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from accounts.errors import Invalid, WrongState, as_invalid
from accounts.models import Membership, Team, User
from accounts.permissions import Action, may, may_make_link, require
from accounts.roles import Role
from accounts.services.audit import record
from accounts.services.sign_in import make_sign_in_link


class LastAdmin(WrongState):
    """The team would be left without an admin."""

    code = "last-admin"

    def __init__(self, member: Membership) -> None:
        super().__init__(
            f"{member.user} is the last admin of {member.team}. Make another member an admin first."
        )


class AlreadyMember(WrongState):
    """The person is in the team already."""

    code = "already-member"

    def __init__(self, member: Membership) -> None:
        super().__init__(
            f"{member.user} is already {Role(member.role).label.lower()} of {member.team}. "
            "Change the role in the member list.",
            field="email",
        )


class NameTaken(WrongState):
    """Another team has this name, or one that reads the same in an address."""

    code = "team-name-taken"

    def __init__(self, name: str) -> None:
        message = f"A team with a name like '{name}' already exists. Choose another name."
        super().__init__(message, field="name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A new member, and the path of their sign-in link unless they can sign in already."""

    member: Membership
    link: str | None


@transaction.atomic
def create_team(name: str, *, by: User | None) -> Team:
    """Return the new team; its creator becomes its first admin. Raises `NameTaken`."""
    if by is not None:  # None is Mobula itself
        require(may(by, Action.MANAGE_INSTALLATION, team=None))
    name = name.strip()
    team = Team(name=name, slug=slugify(name, allow_unicode=True) or "team")
    with as_invalid():
        team.clean_fields(exclude={"slug"})
    if Team.objects.filter(slug=team.slug).exists():
        raise NameTaken(name)
    team.save()
    record("team.created", actor=by, team=team, subject=team, after={"name": name})
    if by is not None:
        Membership.objects.create(team=team, user=by, role=Role.ADMIN)
    return team


@transaction.atomic
def invite_member(team: Team, *, email: str, role: str, by: User) -> Invitation:
    """Return the new member of `team` and how they get in. Raises `AlreadyMember`.

    The link is for new people only: one for someone with an account would hand it to `by`.
    """
    require(may(by, Action.MANAGE_TEAM, team=team))
    role, address = _known(role), email.strip().lower()
    with as_invalid(field="email"):
        validate_email(address)
    no_password = {"password": make_password(None)}
    user, _ = User.objects.get_or_create(email=address, defaults=no_password)
    member, is_new = Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
    if not is_new:
        raise AlreadyMember(member)
    after = {"email": user.email, "role": role.value}
    record("member.invited", actor=by, team=team, subject=user, after=after)
    # An existing account gets no link here, not even from an admin of the installation.
    is_stranger = user.last_login is None and not user.has_usable_password()
    link = None
    if is_stranger and may_make_link(by, member=member):
        link = make_sign_in_link(user, by=by, team=team)
    return Invitation(member=member, link=link)


@transaction.atomic
def change_role(member: Membership, *, role: str, by: User) -> None:
    """Give `member` another role. Raises `LastAdmin`."""
    require(may(by, Action.MANAGE_TEAM, team=member.team))
    role = _known(role)
    before = {"role": member.role}
    if role is not Role.ADMIN:
        _keep_an_admin(member)
    member.role = role
    member.save(update_fields=["role"])
    after = {"role": role.value}
    record(
        "member.role_changed",
        actor=by,
        team=member.team,
        subject=member.user,
        before=before,
        after=after,
    )


@transaction.atomic
def remove_member(member: Membership, *, by: User) -> None:
    """Take `member` out of the team; what they own stays with it. Raises `LastAdmin`."""
    require(may(by, Action.MANAGE_TEAM, team=member.team))
    _keep_an_admin(member)
    before = {"role": member.role}
    member.delete()
    record("member.removed", actor=by, team=member.team, subject=member.user, before=before)


def _known(role: str) -> Role:
    if role not in Role.values:
        raise Invalid.at("role", "Select a role from the list.")
    return Role(role)


def _keep_an_admin(member: Membership) -> None:
    # The lock makes two admins who remove each other take turns.
    Team.objects.select_for_update().get(pk=member.team_id)
    admins = member.team.memberships.filter(role=Role.ADMIN)
    if admins.filter(pk=member.pk).exists() and not admins.exclude(pk=member.pk).exists():
        raise LastAdmin(member)
