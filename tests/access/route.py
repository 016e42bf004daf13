"""What the table of addresses says of one of them; routes.py explains the fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ANYBODY, VIEWER, ENGINEER, ADMIN, SITE, NOBODY = range(6)


class Scope(StrEnum):
    """Whose things an address is about."""

    OPEN = "open"  # also for people who are not signed in
    PERSONAL = "personal"  # for everybody who is signed in, whatever team they are in
    CURRENT_TEAM = "current team"  # what belongs to the chosen team: without one 403
    OWNED = "owned"  # a thing of a team: for others it does not exist, 404
    AUTHOR = "author"  # a thing of one person: for everybody else it does not exist, 404
    INSTALLATION = "installation"  # for its admins: the others get 403


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """What is posted, or asked for, with ids of another team, and how that is refused."""

    fields: Mapping[str, str]
    status: int


@dataclass(frozen=True)
class Route:
    """One address."""

    scope: Scope
    args: tuple[str, ...] = ()
    get: int | None = field(default=None, kw_only=True)
    post: int | None = field(default=None, kw_only=True)
    # Approvers of production may post too, whatever their rank.
    approver: bool = field(default=False, kw_only=True)
    query: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    body: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    shown: int = field(default=200, kw_only=True)  # the status of an allowed GET
    done: int = field(default=302, kw_only=True)
    get_elsewhere: bool = field(default=False, kw_only=True)  # a GET leads to another page
    changes_on_get: str = field(default="", kw_only=True)  # why a GET may write
    anonymous: int | None = field(default=None, kw_only=True)  # of open ones that differ
    no_team: int = field(default=403, kw_only=True)
    foreign: tuple[Foreign, ...] = field(default=(), kw_only=True)
    foreign_query: tuple[Foreign, ...] = field(default=(), kw_only=True)
