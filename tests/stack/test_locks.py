"""The locks: complete, hashed, and silent about where packages come from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTS = ("base", "local", "dev", "tools", "node")


def locked(name: str) -> dict[str, str]:
    """Return package → version of a compiled list."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^\s;]+)", text, re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    """Return the packages that requirements name, spelled as the locks spell them."""
    found = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {re.sub(r"[._]", "-", match[0].lower()) for match in found if match}


@pytest.fixture(scope="module")
def wanted() -> dict[str, set[str]]:
    """What pyproject.toml asks for, by the list that must hold it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    base = names(project["project"]["dependencies"])
    local = base | names(project["project"]["optional-dependencies"]["local"])
    groups = {name: names(listed) for name, listed in project["dependency-groups"].items()}
    return {"base": base, "local": local, **groups, "dev": local | groups["dev"]}


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_holds_what_pyproject_asks_for(name: str, wanted: dict[str, set[str]]) -> None:
    assert wanted[name] <= set(locked(name))


@pytest.mark.parametrize("name", LISTS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("name", ["base", "local"])
def test_the_lists_agree_with_each_other(name: str) -> None:
    assert locked(name).items() <= locked("dev").items()


@pytest.mark.parametrize("name", LISTS)
def test_no_lock_names_an_address(name: str) -> None:
    assert "://" not in (ROOT / "requirements" / f"{name}.txt").read_text()


def test_the_lock_of_the_pages_names_no_download_address() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
