"""A registry beside which CodeBuild builds: the service is a double, the registry is a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Team, User
from images.models import Build, Registry
from images.registries import asking
from images.registries.credentials import sealed
from images.services.builds import build_version
from images.services.contents import DraftContent
from images.services.drafts import create_image_draft
from providers.aws import calls
from providers.builders.remote import following
from providers.oci import Password
from tests.doubles.aws.build_plans import executed
from tests.doubles.aws.builds import BuildsDouble
from tests.doubles.aws.builds_server import running
from tests.images.building.conftest import local_registry
from tests.images.building.registry import LocalRegistry
from tests.images.elsewhere.stand_ins import stand_ins

__all__ = ["local_registry"]  # a fixture
KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "SECRET"}

type Queue = Callable[..., Build]


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[BuildsDouble]:
    monkeypatch.setattr(calls, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(calls, "LONGEST_PAUSE_SECONDS", 0.02)
    quick = following.Pace(first=0.05, longest=0.1, late=1)
    monkeypatch.setattr(following, "Pace", lambda: quick)
    # The registry is on this host, and lets everybody in.
    monkeypatch.setattr(asking, "_ecr_login", lambda *_: Password())
    with running() as found:
        found.project("images")
        found.plan = executed(stand_ins(tmp_path), tmp_path)
        yield found


@pytest.fixture
def registry(local_registry: LocalRegistry, research: Team, double: BuildsDouble) -> Registry:
    builds = {"on": "codebuild", "project": "images", "region": "us-east-1", "endpoint": double.url}
    row = Registry.objects.create(
        name="ours",
        team=research,
        kind="ecr",
        host=local_registry.host,
        prefix="cloud",
        settings={"builds": builds},
    )
    row.sealed_credentials = sealed(row, KEYS)
    row.save()
    return row


@pytest.fixture
def queued(
    registry: Registry,
    research: Team,
    alice: User,
    local_registry: LocalRegistry,
    settings: Any,
    tmp_path: Path,
) -> Queue:
    """Queue a build with these lines after FROM; nobody has asked a worker for it."""
    settings.MOBULA_HOME = tmp_path / "mobula"

    def make(*lines: str, name: str = "train") -> Build:
        text = "\n".join([f"FROM {local_registry.base}", *lines]) + "\n"
        content = DraftContent(dockerfile=text, registry=registry)
        return build_version(
            create_image_draft(content, name=name, team=research, by=alice), by=alice
        )

    return make
