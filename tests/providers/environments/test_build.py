"""Real environments by uv, of packages of this machine; a small Ray stands in for the real one."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.images.requirements import read_requirements
from providers.builders.base import BuildCanceled, BuildError, Contents
from providers.environments import Built, EnvironmentStore, build, building, interpreters
from tests.providers.environments.wheels import index, wheel

__all__ = ["index"]
OWN = interpreters()[0]


@dataclass
class Onlooker:
    """Keeps what the build writes, and may cancel it."""

    said: bytearray
    canceled: bool = False

    def write(self, output: bytes) -> None:
        self.said.extend(output)

    def check(self) -> None:
        if self.canceled:
            raise BuildCanceled

    def call_it(self, remote: str) -> None:
        raise AssertionError(remote)

    def inspect(self, contents: Contents) -> None:
        raise AssertionError(contents)

    def begin_push(self) -> None:
        raise AssertionError


@pytest.fixture
def store(tmp_path: Path) -> EnvironmentStore:
    return EnvironmentStore(tmp_path / "environments")


def made(store: EnvironmentStore, text: str, said: bytearray | None = None) -> Built:
    found, _ = read_requirements(text)
    return build(
        store,
        found.fingerprint(python=OWN.version),
        python=OWN,
        requirements=found.text,
        watcher=Onlooker(bytearray() if said is None else said),
    )


def test_an_environment_has_its_ray_and_its_packages(store: EnvironmentStore, index: Path) -> None:
    said = bytearray()
    built = made(store, "ray[default]==2.60.0\ntiny==1.0\n", said)
    assert (built.ray_version, built.python_version) == ("2.60.0", OWN.version)
    assert {(one.name, one.version) for one in built.contents.packages} == {
        ("ray", "2.60.0"),
        ("tiny", "1.0"),
    }
    assert built.ray.exists()
    assert built.size_bytes > 1000
    assert b"STEP 2/3: install the requirements" in said


def test_the_same_requirements_are_not_installed_twice(
    store: EnvironmentStore, index: Path
) -> None:
    first = made(store, "ray[default]==2.60.0\ntiny==1.0\n")
    for path in index.iterdir():
        path.unlink()
    said = bytearray()
    assert made(store, "tiny==1.0\nray[default]==2.60.0  # again\n", said) == first
    assert b"nothing is installed again" in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ray[default]==2.60.0\nnosuch==1.0\n", "nosuch"),
        ("tiny==1.0\n", "has no ray command"),
    ],
)
def test_what_cannot_be_installed_is_told_and_leaves_nothing(
    store: EnvironmentStore, index: Path, text: str, told: str
) -> None:
    with pytest.raises(BuildError, match=told):
        made(store, text)
    assert [path for path in store.root.iterdir() if path.is_dir()] == []


def test_what_would_run_code_while_it_is_built_does_not(
    store: EnvironmentStore, index: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    run = f"open({str(mark)!r}, 'w')"
    wheel(index, "sly", "1.0", {"sly.pth": f"import sys; {run}\n", "sly.py": f"{run}\n"})
    assert made(store, "ray[default]==2.60.0\nsly==1.0\n").contents.version_of("sly") == "1.0"
    assert not mark.exists()


def test_a_package_without_a_wheel_is_refused(store: EnvironmentStore, index: Path) -> None:
    with tarfile.open(index / "source-1.0.tar.gz", "w:gz") as archive:
        for name, content in (("setup.py", b"raise SystemExit('ran')"), ("PKG-INFO", b"Name: x")):
            entry = tarfile.TarInfo(f"source-1.0/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    with pytest.raises(BuildError, match="source") as refusal:
        made(store, "ray[default]==2.60.0\nsource==1.0\n")
    assert "ran" not in str(refusal.value).split()


def test_an_index_that_is_away_is_something_else(
    store: EnvironmentStore, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_OFFLINE", "UV_NO_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(BuildError, match="package index did not answer"):
        made(store, "ray[default]==2.60.0\n")


def test_canceled_it_leaves_nothing(store: EnvironmentStore, index: Path) -> None:
    found, _ = read_requirements("ray[default]==2.60.0\n")
    with pytest.raises(BuildCanceled):
        build(
            store,
            found.fingerprint(python=OWN.version),
            python=OWN,
            requirements=found.text,
            watcher=Onlooker(bytearray(), canceled=True),
        )
    assert [path for path in store.root.iterdir() if path.is_dir()] == []


def test_a_host_without_uv_says_how_to_get_it(
    store: EnvironmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.environments.building.installer", lambda: None)
    with pytest.raises(BuildError, match="pip install uv"):
        made(store, "ray[default]==2.60.0\n")


def test_secrets_of_mobula_are_not_passed_on(
    store: EnvironmentStore, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBULA_SECRET_KEY", "canary")
    monkeypatch.setenv("DATABASE_URL", "canary")
    assert "canary" not in str(building.uv_environment())
