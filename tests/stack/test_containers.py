"""The container files: what compose.yaml and Dockerfile promise, as far as reading them tells."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
OURS = ("migrate", "web", "worker", "beat")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of compose.yaml, with its anchors merged."""
    found: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yaml")["services"]
    return found


def variables(service: dict[str, Any]) -> dict[str, str]:
    """Return a service's environment with the defaults and examples filled in."""

    def chosen(match: re.Match[str]) -> str:
        return match["default"] or "x" * 50

    return {
        name: re.sub(r"\$\{(?P<name>\w+):[-?](?P<default>[^}]*)\}", chosen, value)
        for name, value in service["environment"].items()
    }


def test_the_services_are_those_of_the_design(services: dict[str, Any]) -> None:
    assert set(services) == {"postgres", "valkey", *OURS}
    assert services["postgres"]["image"].startswith("postgres:18@")


def test_images_of_others_are_pinned_by_digest(services: dict[str, Any]) -> None:
    ours = {"mobula"}
    images = {service["image"] for service in services.values()} - ours
    dockerfile = (ROOT / "Dockerfile").read_text()
    images |= set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    assert len(images) == 4
    assert [image for image in images if not re.search(r":\S+@sha256:[0-9a-f]{64}$", image)] == []


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_one_image_with_no_rights(services: dict[str, Any], name: str) -> None:
    assert services[name]["image"] == "mobula"
    assert services[name]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", ["postgres", "valkey", "web", "worker"])
def test_servers_have_a_health_check(services: dict[str, Any], name: str) -> None:
    assert services[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_nothing_starts_before_the_database_is_migrated(
    services: dict[str, Any], name: str
) -> None:
    awaited = services[name]["depends_on"]
    assert awaited["migrate"]["condition"] == "service_completed_successfully"
    assert awaited["valkey"]["condition"] == "service_healthy"
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_databases_are_not_published(services: dict[str, Any]) -> None:
    assert [name for name in services if "ports" in services[name]] == ["web"]
    assert "127.0.0.1" in services["web"]["ports"][0]


def test_every_volume_is_declared(services: dict[str, Any]) -> None:
    declared = YAML(typ="safe").load(ROOT / "compose.yaml")["volumes"]
    used = {
        volume.split(":")[0] for each in services.values() for volume in each.get("volumes", [])
    }
    assert used == set(declared)


def test_secrets_must_be_chosen(services: dict[str, Any]) -> None:
    given = services["web"]["environment"]
    assert "${MOBULA_SECRET_KEY:?" in given["MOBULA_SECRET_KEY"]
    assert "${POSTGRES_PASSWORD:?" in given["DATABASE_URL"]


def test_every_variable_is_one_the_settings_read(services: dict[str, Any]) -> None:
    settings = (ROOT / "mobula" / "settings.py").read_text()
    for name in services["web"]["environment"]:
        assert f'"{name}"' in settings


def test_the_image_is_not_root_and_checks_its_health() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER mobula"
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    installs = [line for line in lines if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_every_file_the_image_copies_is_in_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists()
                assert os.path.normpath(source) not in ignored
