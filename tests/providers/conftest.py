"""The places where drivers are tested."""

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.local.installation import installed_image
from tests.providers.aws import site as aws_site
from tests.providers.sites import DRIVEN, Site, make_stand_in


def make_site(kind: str, tmp_path: Path) -> Site:
    handle = f"t{secrets.token_hex(4)}"
    if kind == "fake":
        arguments = {"kind": "fake", "path": str(tmp_path / "world.json")}
        return Site(arguments=arguments, image=make_stand_in(tmp_path / "bin"), handle=handle)
    if kind == "aws":
        arguments = {"kind": "aws", "path": str(tmp_path / "aws"), "url": aws_site.start()}
        return Site(arguments=arguments, image=aws_site.IMAGE, handle=handle)
    image = make_stand_in(tmp_path / "bin") if kind == "local" else installed_image()
    return Site(
        arguments={"kind": "local", "path": str(tmp_path / "local")}, image=image, handle=handle
    )


@pytest.fixture(params=[*DRIVEN, pytest.param("local with Ray", marks=pytest.mark.ray)])
def any_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """Each driver in turn; the local one with a stand-in for the Ray program, and with Ray."""
    site = make_site(request.param, tmp_path)
    site.driver.prepare(site.cluster)
    yield site
    site.close()


@pytest.fixture(params=DRIVEN)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """Each driver in turn, where every start can be counted."""
    site = make_site(request.param, tmp_path)
    site.driver.prepare(site.cluster)
    yield site
    site.close()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Site]:
    """The local driver with a stand-in for the Ray program."""
    site = make_site("local", tmp_path)
    site.driver.prepare(site.cluster)
    yield site
    site.close()


@pytest.fixture
def callers() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that a test started; none survives it."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for caller in started:
        caller.kill()
        caller.communicate()
