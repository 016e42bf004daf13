"""What the pages and the other apps ask about people, teams and the audit trail."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.timezone import get_current_timezone

from accounts.errors import NotAllowed
from accounts.models import AuditEntry, AuditQuerySet, Membership, Person, Session, Team, User
from accounts.queries.parts import parts_of
from accounts.roles import Role
from accounts.sessions import key_hash

TEAM_IN_SESSION = "team"


class NoTeam(NotAllowed):
    """The user is in no team, so there is nothing of a team's to show."""

    code = "no-team"

    def __init__(self, user: Person) -> None:
        super().__init__(f"{user} is not in a team yet. Ask an admin to invite you.")


def teams_of(user: Person) -> QuerySet[Team]:
    """Return the teams `user` sees, by name; an admin of the installation sees all."""
    return Team.objects.visible_to(user)


def with_admins(teams: QuerySet[Team], user: Person) -> QuerySet[Team]:
    """Return the teams with `is_administered`: whether `user` has the admin's role there."""
    admins = Membership.objects.filter(team=OuterRef("pk"), user=user.pk, role=Role.ADMIN)
    return teams.annotate(is_administered=Exists(admins))


def current_team(request: HttpRequest) -> Team:
    """Return the team chosen in the top bar, or else the user's first; asks once per request.

    Raises `NoTeam`, which answers 403 with its reason, when the user is in none.
    """
    team = chosen_team(request)
    if team is None:
        raise NoTeam(request.user)
    return team


def chosen_team(request: HttpRequest) -> Team | None:
    """Return what `current_team` returns, or None for a user who is in no team."""
    cache = vars(request)
    if "chosen_team" not in cache:
        cache["chosen_team"] = _ask_for_team(request)
    team: Team | None = cache["chosen_team"]
    return team


def _ask_for_team(request: HttpRequest) -> Team | None:
    teams = teams_of(request.user)
    chosen = request.session.get(TEAM_IN_SESSION)
    given = teams.filter(pk=chosen).first() if chosen else None
    return given or teams.order_by("is_sample", "name").first()


def members(team: Team) -> QuerySet[Membership]:
    """Return the memberships of `team` with their users, by email."""
    return team.memberships.select_related("user").order_by("user__email")


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return the memberships of `user` with their teams, by the team's name."""
    return user.memberships.select_related("team").order_by("team__name")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A browser a person is signed in with, and whether the page is read in it."""

    session: Session
    is_this: bool


def sessions_of(user: User, *, this: str | None = None) -> list[SessionRow]:
    """Return the sessions of `user`, last used first; `this` is the key of the reader's own."""
    own = key_hash(this) if this else ""
    sessions = user.sessions.current().order_by("-last_seen_at", "-pk")
    return [SessionRow(session=each, is_this=each.key_hash == own) for each in sessions]


def users(*, matching: str = "") -> QuerySet[User]:
    """Return all users by email with their teams and how often they are signed in.

    `matching` is a part of the email address or the name.
    """
    sessions = Session.objects.current().filter(user=OuterRef("pk")).order_by()
    count = sessions.values("user").annotate(count=Count("pk")).values("count")
    everyone = User.objects.order_by("email").prefetch_related(
        Prefetch("memberships", Membership.objects.select_related("team").order_by("team__name"))
    )
    if matching:
        named = Q(email__icontains=matching) | Q(name__icontains=matching)
        everyone = everyone.filter(named)
    return everyone.annotate(session_count=Coalesce(Subquery(count), 0))


def admin_can_sign_in() -> bool:
    """Return whether some admin of the installation has a password."""
    admins = User.objects.filter(is_superuser=True, is_active=True)
    return admins.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries of the trail to show; an empty word filters nothing."""

    action: str = ""
    actor: str = ""
    subject: str = ""
    kind: str = ""  # of the subject, which is then an id
    request: str = ""
    since: date | None = None
    until: date | None = None  # with this day


def audit_trail(user: User, *, only: AuditFilter) -> AuditQuerySet:
    """Return what `user` may read of the trail, newest first, with actors and teams."""
    trail = AuditEntry.objects.readable_by(user).select_related("actor", "team").order_by("-pk")
    if only.action:
        trail = trail.filter(action=only.action)
    if only.actor:
        named = Q(email__icontains=only.actor) | Q(name__icontains=only.actor)
        people = Q(actor__in=User.objects.filter(named)) | Q(actor_name__icontains=only.actor)
        trail = trail.filter(people)
    if only.request:
        trail = trail.filter(request_id=only.request)
    if only.kind:
        trail = trail.filter(_of(only.kind, only.subject))
    elif only.subject:
        named = Q(subject_name__icontains=only.subject) | Q(subject_id=only.subject)
        trail = trail.filter(named)
    if only.since:
        trail = trail.filter(at__gte=_midnight(only.since))
    if only.until and only.until < date.max:
        trail = trail.filter(at__lt=_midnight(only.until + timedelta(days=1)))
    return trail


def _of(kind: str, subject: str) -> Q:
    """Return which entries are about one thing: itself, and what is a part of it."""
    found = Q(subject_kind=kind, subject_id=subject)
    for part, ids in parts_of(kind, subject):
        found |= Q(subject_kind=part, subject_id__in=ids)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=get_current_timezone())


def audited_actions(user: User) -> QuerySet[AuditEntry, str]:
    """Return the actions that occur in what `user` may read, by name, for the filter."""
    trail = AuditEntry.objects.readable_by(user).order_by("action")
    return trail.values_list("action", flat=True).distinct()
