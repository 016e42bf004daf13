"""The page of the current team: who is in it, as what, and who else is asked in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.forms import InviteForm, RoleForm, TeamForm
from accounts.models import Membership
from accounts.permissions import Action, may, may_make_link, require
from accounts.queries import TEAM_IN_SESSION, current_team, members
from accounts.requests import SignedInRequest
from accounts.roles import Role
from accounts.views.redirects import posted


@require_safe
def team(request: SignedInRequest) -> HttpResponse:
    """Show the members of the current team."""
    return _page(request, invite=InviteForm(initial={"role": Role.ENGINEER}))


@posted(back="accounts:team")
def invite(request: SignedInRequest) -> HttpResponse:
    """Add someone to the team; their sign-in link is shown on the answer and nowhere else."""
    team = current_team(request)
    require(may(request.user, Action.MANAGE_TEAM, team=team))
    form = InviteForm(request.POST)
    if form.is_valid():
        email, role = form.cleaned_data["email"], form.cleaned_data["role"]
        try:
            invitation = services.invite_member(team, email=email, role=role, by=request.user)
        except services.AlreadyMember as refusal:
            form.add_error("email", str(refusal))
        else:
            return _welcome(request, invitation)
    return _page(request, invite=form)


@require_POST
def change_role(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a member another role."""
    member = _member(request, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Select a role from the list.")
        return redirect("accounts:team")
    try:
        services.change_role(member, role=form.cleaned_data["role"], by=request.user)
        messages.success(
            request, f"Changed the role of {member.user} to {member.get_role_display()}."
        )
    except services.LastAdmin as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:team")


@require_POST
def remove_member(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a member out of the team."""
    member = _member(request, pk)
    try:
        services.remove_member(member, by=request.user)
        messages.success(request, f"Removed {member.user} from {member.team}.")
    except services.LastAdmin as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:team")


@posted(back="accounts:team")
def member_link(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a sign-in link for a member, shown on the answer and nowhere else."""
    member = _member(request, pk)
    require(may_make_link(request.user, member=member))
    link = services.make_sign_in_link(member.user, by=request.user, team=member.team)
    return _welcome(request, services.Invitation(member=member, link=link))


@posted(back="accounts:team")
def create_team(request: SignedInRequest) -> HttpResponse:
    """Make a team and switch to it."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            team = services.create_team(form.cleaned_data["name"], by=request.user)
        except services.NameTaken as refusal:
            form.add_error("name", str(refusal))
        else:
            request.session[TEAM_IN_SESSION] = team.pk
            messages.success(request, f"Created team {team}. Invite its members.")
            return redirect("accounts:team")
    return _page(request, invite=InviteForm(initial={"role": Role.ENGINEER}), new_team=form)


def _member(request: SignedInRequest, pk: int) -> Membership:
    """Return a membership the user may change; 404 for strangers, 403 for other members."""
    visible = Membership.objects.visible_to(request.user).select_related("user", "team")
    member = get_object_or_404(visible, pk=pk)
    require(may(request.user, Action.MANAGE_TEAM, team=member.team))
    return member


def _welcome(request: SignedInRequest, invitation: services.Invitation) -> HttpResponse:
    # Answered in place and not by a redirect: the link is stored nowhere to be read again.
    path = invitation.link
    page = {"member": invitation.member, "link": path and request.build_absolute_uri(path)}
    return render(request, "accounts/welcome.html", page)


def _page(
    request: SignedInRequest, *, invite: InviteForm, new_team: TeamForm | None = None
) -> HttpResponse:
    team = current_team(request)
    page = {
        "team": team,
        "members": members(team),
        "roles": Role.choices,
        "invite": invite,
        "new_team": new_team or TeamForm(),
        "may_manage": may(request.user, Action.MANAGE_TEAM, team=team),
        "may_add_teams": may(request.user, Action.MANAGE_INSTALLATION, team=None),
    }
    return render(request, "accounts/team.html", page)
