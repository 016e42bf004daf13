"""Teams and who is in them."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from accounts.errors import Invalid, NotFound, WrongState, as_invalid
from accounts.models import Membership, Team, User
from accounts.permissions import Action, has_account, may, may_make_link, require
from accounts.roles import Role
from accounts.services.audit import record
from accounts.services.links import (
    AccountDeactivated,
    locked,
    make_sign_in_link,
    void_links_made_by,
    void_links_of,
)


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
    """A new member, and the path of their sign-in link unless it takes somebody else to make it."""

    member: Membership
    link: str | None

    @property
    def has_account(self) -> bool:
        """Whether the person can sign in already, as far as Mobula knows."""
        return has_account(self.member.user)


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
        void_links_of(locked(by))
        Membership.objects.create(team=team, user=by, role=Role.ADMIN)
    return team


@transaction.atomic
def invite_member(team: Team, *, email: str, role: str, by: User) -> Invitation:
    """Return the new member of `team` and how they get in. Raises `AlreadyMember`.

    The link is for new people only: one for someone with an account would hand it to `by`.
    """
    _lock(team)
    require(may(by, Action.MANAGE_TEAM, team=team))
    role, address = _known(role), email.strip().lower()
    with as_invalid(field="email"):
        validate_email(address)
        User(email=address).clean_fields(exclude={"password"})
    no_password = {"password": make_password(None)}
    user, _ = User.objects.get_or_create(email=address, defaults=no_password)
    user = locked(user)
    if not user.is_active:
        raise AccountDeactivated(user)
    member, is_new = Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
    if not is_new:
        raise AlreadyMember(member)
    void_links_of(user)
    after = {"email": user.email, "role": role.value}
    record("member.invited", actor=by, team=team, subject=user, after=after)
    # An existing account gets no link here, not even from an admin of the installation.
    link = None
    if not has_account(user) and may_make_link(by, member=member):
        link = make_sign_in_link(user, by=by, team=team)
    return Invitation(member=member, link=link)


@transaction.atomic
def change_role(member: Membership, *, role: str, by: User) -> None:
    """Give `member` another role; sign-in links for them end. Raises `LastAdmin`."""
    team = _lock(member.team)
    require(may(by, Action.MANAGE_TEAM, team=team))
    role = _known(role)
    before = {"role": _current_role(member)}
    user = locked(member.user)
    if role is not Role.ADMIN:
        _keep_an_admin(member)
        void_links_made_by(user, team=team)
    void_links_of(user)
    member.role = role
    member.save(update_fields=["role"])
    after = {"role": role.value}
    record("member.role_changed", actor=by, team=team, subject=user, before=before, after=after)


@transaction.atomic
def remove_member(member: Membership, *, by: User) -> None:
    """Take `member` out of the team; what they own stays with it. Raises `LastAdmin`.

    Sign-in links for them end, and those that they made as admin of the team.
    """
    team = _lock(member.team)
    require(may(by, Action.MANAGE_TEAM, team=team))
    before = {"role": _current_role(member)}
    user = locked(member.user)
    _keep_an_admin(member)
    void_links_made_by(user, team=team)
    void_links_of(user)
    member.delete()
    record("member.removed", actor=by, team=team, subject=user, before=before)


def _lock(team: Team) -> Team:
    # Admins who remove each other take turns, and the second one is an admin no more.
    return Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def _current_role(member: Membership) -> str:
    role = Membership.objects.filter(pk=member.pk).values_list("role", flat=True).first()
    if role is None:
        raise NotFound(f"{member.user} is no longer a member of {member.team}.")
    return role


def _known(role: str) -> Role:
    if role not in Role.values:
        raise Invalid.at("role", "Select a role from the list.")
    return Role(role)


def _keep_an_admin(member: Membership) -> None:
    admins = member.team.memberships.filter(role=Role.ADMIN)
    if admins.filter(pk=member.pk).exists() and not admins.exclude(pk=member.pk).exists():
        raise LastAdmin(member)
