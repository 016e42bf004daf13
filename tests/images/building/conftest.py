"""A registry with a base image, and a team that builds on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Team, User
from images.models import Build, ImageVersion, Registry
from images.services.builds import build_version
from images.services.contents import DraftContent
from images.services.drafts import create_image_draft
from tests.images.building.registry import LocalRegistry, push_base, running_registry

type Queue = Callable[..., Build]


@pytest.fixture(scope="session")
def local_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRegistry]:
    folder = tmp_path_factory.mktemp("registry")
    with running_registry(folder) as registry:
        push_base(registry, folder)
        yield registry


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    """Where builds are made: another place for each test."""
    settings.MOBULA_HOME = tmp_path
    settings.BUILD_IN_CHROOT = True
    return tmp_path / "builds"


@pytest.fixture
def registry(local_registry: LocalRegistry, research: Team) -> Registry:
    return Registry.objects.create(
        name="ours", team=research, kind="oci", host=local_registry.host, prefix="ml"
    )


@pytest.fixture
def draft(registry: Registry, research: Team, alice: User) -> Callable[..., ImageVersion]:
    def make(dockerfile: str, name: str = "train") -> ImageVersion:
        content = DraftContent(dockerfile=dockerfile, registry=registry)
        return create_image_draft(content, name=name, team=research, by=alice)

    return make


@pytest.fixture
def queued(
    draft: Callable[..., ImageVersion], local_registry: LocalRegistry, alice: User, home: Path
) -> Queue:
    """Queue a build with these lines after FROM; nobody has asked a worker for it."""

    def make(*lines: str, name: str = "train", base: str = "") -> Build:
        text = "\n".join([f"FROM {base or local_registry.base}", *lines]) + "\n"
        return build_version(draft(text, name), by=alice)

    return make
