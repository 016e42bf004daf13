"""The people of the tests: alice builds, bob looks, adam runs it all, charlie is a stranger.

alice (engineer) and bob (viewer) are in the team "research"; charlie (engineer) is in "other".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

# conftest.py imports this before Django has its settings: models are imported when first used.
if TYPE_CHECKING:
    from accounts.models import Team, User
    from accounts.roles import Role
    from clouds.models import Cloud


def make_team(name: str) -> Team:
    """Return a new team without members."""
    from accounts.models import Team

    return Team.objects.create(name=name.capitalize(), slug=name)


def make_user(name: str) -> User:
    """Return a new user with the address name@example.org, no team and no password."""
    from accounts.models import User

    return User.objects.create_user(f"{name}@example.org", name=name.capitalize())


def make_member(name: str, *, team: Team, role: Role | str) -> User:
    """Return a new user who is in `team` as `role`."""
    from accounts.models import Membership

    user = make_user(name)
    Membership.objects.create(user=user, team=team, role=role)
    return user


def make_cloud(name: str, *, team: Team | None = None, **values: Any) -> Cloud:
    """Return a new cloud for `team`, or else for all teams that there are."""
    from accounts.models import Team
    from clouds.models import Cloud

    is_shared = team is None and values["provider"] != "local"
    cloud = Cloud.objects.create(name=name, is_shared=is_shared, **values)
    cloud.teams.set([team] if team else () if is_shared else Team.objects.all())
    return cloud


@pytest.fixture
def research(db: None) -> Team:
    """The team of alice and bob."""
    return make_team("research")


@pytest.fixture
def other(db: None) -> Team:
    """The team of charlie."""
    return make_team("other")


@pytest.fixture
def alice(research: Team) -> User:
    """An engineer of research: she owns what the tests look at."""
    return make_member("alice", team=research, role="engineer")


@pytest.fixture
def bob(research: Team) -> User:
    """A viewer of research."""
    return make_member("bob", team=research, role="viewer")


@pytest.fixture
def charlie(other: Team) -> User:
    """An engineer of another team: a stranger to research."""
    return make_member("charlie", team=other, role="engineer")


@pytest.fixture
def adam(db: None) -> User:
    """The admin of the installation, in no team."""
    from accounts.models import User

    return User.objects.create_superuser("adam@example.org")
