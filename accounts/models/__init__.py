"""What the database keeps of people, and of what they did."""

from accounts.models.audit import (
    AuditCheck,
    AuditEntry,
    AuditQuerySet,
    AuditSeal,
    FieldChange,
)
from accounts.models.people import (
    Membership,
    MembershipQuerySet,
    Person,
    Session,
    SessionQuerySet,
    SignInAttempt,
    SignInLink,
    Team,
    TeamQuerySet,
    TeamsQuerySet,
    User,
    UserManager,
)

__all__ = [
    "AuditCheck",
    "AuditEntry",
    "AuditQuerySet",
    "AuditSeal",
    "FieldChange",
    "Membership",
    "MembershipQuerySet",
    "Person",
    "Session",
    "SessionQuerySet",
    "SignInAttempt",
    "SignInLink",
    "Team",
    "TeamQuerySet",
    "TeamsQuerySet",
    "User",
    "UserManager",
]
