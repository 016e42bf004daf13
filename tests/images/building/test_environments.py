"""Versions that are virtual environments: built by a worker, told when the same, collected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.test import override_settings

from accounts.models import Team, User
from domain.images.states import BuildState, ImageSource, ImageState
from images.building import environments
from images.building.run import run_build
from images.models import Build, Image, ImageVersion
from providers.environments import interpreters
from tests.images.rewritten import rewrite_versions
from tests.providers.environments.wheels import index

__all__ = ["index"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("index", "home")]
REQUIREMENTS = "ray[default]==2.60.0\ntiny==1.0\n"


@pytest.fixture
def home(tmp_path: Path) -> object:
    """An installation's own directory."""
    with override_settings(MOBULA_HOME=tmp_path / "home"):
        yield tmp_path / "home"


def asked(team: Team, by: User, *, number: int = 1, requirements: str = REQUIREMENTS) -> Build:
    """Return the build of a new version with these requirements, as a worker finds it."""
    image, _ = Image.objects.get_or_create(name="train", team=team)
    version = ImageVersion.objects.create(
        image=image,
        number=number,
        source=ImageSource.VIRTUAL_ENVIRONMENT,
        state=ImageState.BUILDING,
        python_version=interpreters()[0].minor,
        requirements=requirements,
        author=by,
    )
    return Build.objects.create(version=version, attempt=1, asked_by=by)


def outcome(build: Build) -> tuple[str, str, ImageVersion]:
    run_build(build.pk)
    build.refresh_from_db()
    return build.state, build.reason, ImageVersion.objects.get(pk=build.version_id)


def log_of(build: Build) -> str:
    return b"".join(bytes(piece.content) for piece in build.log.all()).decode()


def test_a_version_is_ready_with_the_ray_that_was_installed(research: Team, alice: User) -> None:
    build = asked(research, alice)
    state, reason, version = outcome(build)
    assert (state, reason, version.state) == (BuildState.SUCCEEDED, "", ImageState.READY)
    assert (version.ray_version, version.python_version) == ("2.60.0", interpreters()[0].version)
    assert Path(version.location).name == "ray"
    assert os.access(version.location, os.X_OK)
    assert not version.is_registry_image
    assert {"kind": "pip", "name": "tiny", "version": "1.0"} in version.contents.packages
    assert "install the requirements" in log_of(build)
    assert [step["text"] for step in build.steps] == [
        f"Python {interpreters()[0].version}",
        "install the requirements",
        "compile",
    ]


def test_the_same_requirements_are_told_instead_of_built(research: Team, alice: User) -> None:
    outcome(asked(research, alice))
    state, reason, version = outcome(
        asked(research, alice, number=2, requirements="tiny==1.0\nray[default]==2.60.0  # same\n")
    )
    assert (state, version.state) == (BuildState.FAILED, ImageState.FAILED)
    assert reason.startswith("train:1 is the same: it has these requirements and this Python.")


@pytest.mark.parametrize(
    ("requirements", "told"),
    [
        ("tiny==1.0\n", "Ray is not among the requirements."),
        ("ray[default]==2.60.0\n-r /etc/passwd\n", "is not supported"),
        ("ray[default]==2.60.0\nnosuch==1.0\n", "nosuch"),
    ],
)
def test_what_cannot_be_installed_ends_the_build(
    research: Team, alice: User, requirements: str, told: str
) -> None:
    state, reason, version = outcome(asked(research, alice, requirements=requirements))
    assert (state, version.state) == (BuildState.FAILED, ImageState.FAILED)
    assert told in reason


def test_a_python_that_the_host_has_not_is_named_with_those_it_has(
    research: Team, alice: User
) -> None:
    build = asked(research, alice)
    ImageVersion.objects.update(python_version="3.1")
    state, reason, _ = outcome(build)
    assert state == BuildState.FAILED
    assert f"has no Python 3.1. It has {interpreters()[0].minor}" in reason


def test_an_environment_goes_with_the_last_version_that_names_it(
    research: Team, alice: User
) -> None:
    _, _, version = outcome(asked(research, alice))
    path = environments.store().path_of(version.fingerprint)
    old = path.stat().st_mtime - 2 * 86400
    os.utime(path, (old, old))
    assert environments.collect_environments() == 0
    assert path.exists()
    rewrite_versions(fingerprint="")
    assert environments.collect_environments() == 1
    assert not path.exists()
