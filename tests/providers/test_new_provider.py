"""A new provider touches its folder, one member of `ProviderKind` and one line of the registry."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.offerings import ProviderKind
from providers import registry
from tests.providers.sites import DRIVEN

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["importlinter"]["root_packages"]
# Where kinds are listed: the enum, and the table of folders.
LISTS = {"domain/offerings.py", "providers/registry.py"}
# What else names a provider, and why no provider that comes later has to be named there, too.
ALLOWED = {
    "clouds/bootstrap.py": "the first cloud is the machine that Mobula runs on",
    "clouds/models/cloud.py": "the first cloud and its region are called local",
    "metering/rates.py": "without a cloud, the rate card of this machine holds",
    "metering/services.py": "without a cloud, the rate card of this machine is set",
    "mobula/backups/restore.py": "a restore leaves the files of nodes on this machine alone",
    "mobula/commands/targets.py": "without a provider, commands plan for this machine; no fakes",
    "clouds/services/clouds.py": "the demo cloud is an AWS account",
    "mobula/demo_cloud/command.py": "the demo cloud is an AWS account",
    "mobula/demo_cloud/seeds.py": "the demo cloud is an AWS account",
    "mobula/demo_cloud/server.py": "machines of the demo cloud are local nodes of Ray",
    "mobula/stack/programs.py": "the demo cloud is an AWS account",
    "mobula/demo/rows.py": "the sample team has clouds of two providers",
    "mobula/documentation/library.py": "a page of the documentation is called local",
    "domain/convert/place.py": "formats name providers in their own words",
    "providers/builders/cloudbuild/calls.py": "Cloud Build is a kind of builder",
    "providers/builders/codebuild/checking.py": "CodeBuild is a kind of builder",
    "providers/builders/codebuild/log.py": "CodeBuild is a kind of builder",
    "providers/builders/codebuild/service.py": "CodeBuild is a kind of builder",
    "images/registries/asking.py": "Amazon ECR is a kind of registry",
    "images/registries/credentials.py": "Amazon ECR is a kind of registry",
    "images/registries/repositories.py": "Amazon ECR is a kind of registry",
    "mobula/settings.py": "environment variables of the installation, which are documented",
    "configurations/library/__init__.py": "each ready template is written for one provider",
    "domain/convert/launcher/machines.py": "a format of Ray, which knows two providers",
    "domain/convert/launcher/node_types.py": "a format of Ray, which knows three providers",
    "domain/convert/ray_up.py": "a format of Ray, which knows two providers",
    "domain/convert/ray_up_import.py": "a format of Ray, which knows two providers",
}
# The modules that every folder may have, each under this name.
PARTS = {"client", "driver", "errors", "offerings", "prices", "schema", "settings", "traits"}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def named(node: ast.AST) -> str:
    """The provider that a piece of source names, if it does."""
    match node:
        case ast.Attribute(value=ast.Name(id="ProviderKind"), attr=attribute):
            member = ProviderKind.__members__.get(attribute)
            return member.value if member else ""
        case ast.Attribute(value=ast.Attribute(attr="ProviderKind"), attr=attribute):
            member = ProviderKind.__members__.get(attribute)
            return member.value if member else ""
        case ast.Constant(value=str() as text) if text in set(ProviderKind):
            return text
        case ast.ImportFrom(module=str() as module):
            return _of_folder(module)
        case ast.alias(name=name):
            return _of_folder(name)
    return ""


def _of_folder(module: str) -> str:
    folders = {folder: kind.value for kind, folder in registry.FOLDERS.items()}
    return folders.get(".".join(module.split(".")[:2]), "")


def named_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {name for node in ast.walk(tree) if (name := named(node))}


def strays() -> dict[str, set[str]]:
    """The files that name a provider whose folder they are not in."""
    found = {}
    for path in sources():
        place = path.relative_to(ROOT).as_posix()
        own = {kind.value for kind in ProviderKind if place.startswith(f"providers/{kind}/")}
        if place not in LISTS and (names := named_in(path) - own):
            found[place] = names
    return found


def test_no_provider_is_named_outside_its_folder() -> None:
    assert {place: names for place, names in strays().items() if place not in ALLOWED} == {}


def test_every_exception_is_still_one() -> None:
    assert ALLOWED.keys() <= strays().keys()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("if kind is ProviderKind.AWS: pass", "aws"),
        ("if kind is offerings.ProviderKind.GCP: pass", "gcp"),
        ("if cloud.provider == 'kubernetes': pass", "kubernetes"),
        ("from providers.local.driver import LocalDriver", "local"),
        ("import providers.fake.world", "fake"),
    ],
)
def test_naming_a_provider_is_noticed(source: str, name: str) -> None:
    assert {found for node in ast.walk(ast.parse(source)) if (found := named(node))} == {name}


def test_every_kind_has_a_folder_of_its_name_with_its_traits() -> None:
    assert set(registry.FOLDERS) == set(ProviderKind)
    for kind, folder in registry.FOLDERS.items():
        assert folder == f"providers.{kind}"
        assert registry.traits_of(kind).kind is kind


def test_every_driver_is_walked_through_the_promises() -> None:
    assert {kind for kind in ProviderKind if registry.has_driver(kind)} == set(DRIVEN)


def test_every_kind_knows_what_the_others_call_their_own() -> None:
    for kind in ProviderKind:
        others = {registry.traits_of(other).name for other in ProviderKind if other is not kind}
        assert {marks.name for marks in registry.traits_of(kind).others} == others


@pytest.mark.parametrize("kind", ProviderKind)
def test_the_same_thing_has_the_same_name_in_every_folder(kind: ProviderKind) -> None:
    """What several folders have is one of the known parts; the rest is the provider's alone."""
    here = {path.stem for path in (ROOT / "providers" / kind).glob("*.py")} - {"__init__"}
    for other in set(ProviderKind) - {kind}:
        there = {path.stem for path in (ROOT / "providers" / other).glob("*.py")}
        assert here & there <= PARTS
