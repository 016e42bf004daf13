"""The page of the current team: who is in it, as what, and who else is asked in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.answers import perform, submit
from accounts.forms import InviteForm, TeamForm
from accounts.models import Membership
from accounts.permissions import Action, may, require
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
    invitation = submit(
        form, lambda values: services.invite_member(team, **values, by=request.user)
    )
    return _welcome(request, invitation) if invitation else _page(request, invite=form, status=422)


@require_POST
def change_role(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a member another role."""
    member = _member(request, pk)
    role = request.POST.get("role", "")
    return perform(
        request,
        lambda: services.change_role(member, role=role, by=request.user),
        done=lambda _: f"Changed the role of {member.user} to {member.get_role_display()}.",
        to="accounts:team",
    )


@require_POST
def remove_member(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a member out of the team."""
    member = _member(request, pk)
    return perform(
        request,
        lambda: services.remove_member(member, by=request.user),
        done=f"Removed {member.user} from {member.team}.",
        to="accounts:team",
    )


@posted(back="accounts:team")
def member_link(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a sign-in link for a member, shown on the answer and nowhere else."""
    member = _member(request, pk)
    link = services.make_sign_in_link(member.user, by=request.user, team=member.team)
    return _welcome(request, services.Invitation(member=member, link=link))


@posted(back="accounts:team")
def create_team(request: SignedInRequest) -> HttpResponse:
    """Make a team and switch to it."""
    require(may(request.user, Action.MANAGE_INSTALLATION, team=None))
    form = TeamForm(request.POST)
    team = submit(form, lambda values: services.create_team(**values, by=request.user))
    if team is None:
        invite = InviteForm(initial={"role": Role.ENGINEER})
        return _page(request, invite=invite, new_team=form, status=422)
    request.session[TEAM_IN_SESSION] = team.pk
    messages.success(request, f"Created team {team}. Invite its members.")
    return redirect("accounts:team")


def _member(request: SignedInRequest, pk: int) -> Membership:
    """Return a membership that the user sees, or raise Http404."""
    visible = Membership.objects.visible_to(request.user).select_related("user", "team")
    return get_object_or_404(visible, pk=pk)


def _welcome(request: SignedInRequest, invitation: services.Invitation) -> HttpResponse:
    # Answered in place and not by a redirect: the link is stored nowhere to be read again.
    path = invitation.link
    page = {
        "member": invitation.member,
        "link": path and request.build_absolute_uri(path),
        "has_account": invitation.has_account,
    }
    return render(request, "accounts/welcome.html", page)


def _page(
    request: SignedInRequest,
    *,
    invite: InviteForm,
    new_team: TeamForm | None = None,
    status: int = 200,
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
    return render(request, "accounts/team.html", page, status=status)
