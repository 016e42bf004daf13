"""Users, teams, what links them, and how people sign in."""

from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.browsers import browser_name
from accounts.roles import Role, Theme, known_time_zone

type Person = User | AnonymousUser


class UserManager(BaseUserManager["User"]):
    """Users are found by their email address in lower case."""

    def create_user(self, email: str, password: str | None = None, *, name: str = "") -> "User":
        """Return a new user; without a password only a one-time link signs them in."""
        user = self.model(email=email.strip().lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None) -> "User":
        """Return a new admin of the installation."""
        user = self.model(email=email.strip().lower(), is_superuser=True)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A user who can sign in; `is_superuser` makes them admin of the installation."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.AUTO)
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[known_time_zone],
        help_text="The zone of all times on pages; empty: the browser's.",
    )
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_is_lower"),
            models.CheckConstraint(
                condition=models.Q(theme__in=Theme.values), name="theme_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class TeamsQuerySet(models.QuerySet["Team"]):
    """Teams, as a user may see them."""

    def visible_to(self, user: Person) -> Self:
        """Return the teams `user` is a member of; an admin of the installation sees all."""
        if user.is_superuser:
            return self
        if isinstance(user, AnonymousUser):
            return self.none()
        return self.filter(memberships__user=user)


class Team(models.Model):
    """The people who share clusters, templates and their cost."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True)
    is_sample = models.BooleanField(
        default=False, help_text="Sample data: nothing of it runs, and no one can change it."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TeamsQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamQuerySet[M: models.Model](models.QuerySet[M]):
    """Rows of any model with a `team`, as a user may see them."""

    def visible_to(self, user: Person) -> Self:
        """Return the rows of the teams that `user` sees."""
        if user.is_superuser:
            return self
        return self.filter(team__in=Team.objects.visible_to(user))


class MembershipQuerySet(TeamQuerySet["Membership"]):
    """Memberships, and the role they give."""

    def role_of(self, user: Person, *, team: Team) -> Role | None:
        """Return the role of `user` in `team`; an admin of the installation is admin everywhere."""
        if user.is_superuser:
            return Role.ADMIN
        if isinstance(user, AnonymousUser):
            return None
        value = self.filter(user=user, team=team).values_list("role", flat=True).first()
        return None if value is None else Role(value)


class Membership(models.Model):
    """A user in a team, in one role."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="one_membership_per_team"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_is_known"),
        ]


class SignInLink(models.Model):
    """A link that signs a user in once; only the hash of its token is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_in_links")
    token_hash = models.CharField(max_length=64, unique=True)
    # None: Mobula itself, for the operator of the machine.
    created_by = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="created_sign_in_links"
    )
    # The team whose admin made it, None where an installation admin or Mobula did.
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class SignInAttempt(models.Model):
    """A password that was wrong, or is being checked at this moment."""

    email = models.CharField(max_length=254)
    # An IPv4 address or an IPv6 network of 64 bits, as it is counted.
    address = models.CharField(max_length=64)
    # What is known of the browser: "" nothing, or where it has proved that it is the user's.
    device = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        # Each counts the recent attempts of one kind; the last one finds those to delete.
        indexes = [
            models.Index(fields=["email", "at"], name="attempts_of_an_email"),
            models.Index(fields=["address", "at"], name="attempts_from_an_address"),
            models.Index(fields=["at"], name="attempts_by_age"),
        ]


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions, by whether they still count."""

    def current(self) -> Self:
        """Return the sessions that are neither too old nor idle for too long."""
        now = timezone.now()
        return self.filter(
            created_at__gt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE),
            last_seen_at__gt=now - timedelta(seconds=settings.SESSION_IDLE_SECONDS),
        )


class Session(models.Model):
    """A browser that has signed in; the key in its cookie is kept as a hash only."""

    key_hash = models.CharField(max_length=64, unique=True)
    contents = models.TextField()
    # None while the person is signing in.
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    last_seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = SessionQuerySet.as_manager()

    @property
    def browser(self) -> str:
        """The browser and the system in short."""
        return browser_name(self.user_agent)
