"""Templates are created and saved by the service's rules, whoever calls it."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.errors import Invalid, WrongState
from accounts.models import Team, User
from configurations.models import Template, Version
from configurations.services.templates import (
    archive_template,
    create_template,
    save_version,
    unarchive_template,
)
from tests.clusters.conftest import TEXT

pytestmark = pytest.mark.django_db

# What is wrong -> the field that says so, and its words.
WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"text": "head_node: 3"}, "text", "head_node"),
    ({"text": TEXT.replace("instance_type: small", "instance_type: nope", 1)}, "text", "nope"),
    ({"text": TEXT.replace("cloud: paper", "cloud: none")}, "text", "access to a cloud 'none'"),
    ({"text": f'{TEXT}  image: "ray:99"\n'}, "text", "access to an image 'ray:99'"),
    ({"text": TEXT.replace("max_nodes: 4", "min_nodes: 5\n    max_nodes: 4")}, "text", "max_nodes"),
    ({"message": " "}, "message", "Describe the change in a few words"),
    ({"message": "x" * 201}, "message", "at most 200"),
    ({"rationale": "x" * 20_001}, "rationale", "at most 20,000"),
]


@pytest.mark.parametrize(("change", "field", "words"), WRONG)
def test_what_is_no_version_is_neither_created_nor_saved(
    version: Version, research: Team, alice: User, change: dict[str, Any], field: str, words: str
) -> None:
    values = {"text": f"{TEXT}# More\n", "message": "More."} | change
    with pytest.raises(Invalid, match=words) as saving:
        save_version(version.template, base=1, by=alice, **values)
    with pytest.raises(Invalid, match=words) as creating:
        create_template(team=research, name="new", by=alice, **values)
    for refusal in (saving, creating):
        assert field in {error.field for error in refusal.value.errors}
    assert Version.objects.get() == version


@pytest.mark.parametrize("name", ["", "Train", "1st", "-a", "a" * 64, "a\n"])
def test_name_that_a_template_cannot_have_is_refused(
    version: Version, research: Team, alice: User, name: str
) -> None:
    with pytest.raises(Invalid, match="lowercase letters") as refusal:
        create_template(team=research, name=name, text=TEXT, message="First.", by=alice)
    assert refusal.value.field == "name"


def test_name_is_given_once_in_a_team(version: Version, research: Team, alice: User) -> None:
    with pytest.raises(Invalid, match="already has a template with this name") as refusal:
        create_template(team=research, name="train", text=TEXT, message="First.", by=alice)
    assert refusal.value.field == "name"
    assert Template.objects.count() == 1


def test_archived_template_takes_no_version_until_it_is_back(version: Version, alice: User) -> None:
    more = {"text": f"{TEXT}# More\n", "base": 1, "message": "More.", "by": alice}
    archive_template(version.template, by=alice)
    with pytest.raises(WrongState, match="train is archived"):
        save_version(version.template, **more)
    unarchive_template(version.template, by=alice)
    assert save_version(version.template, **more).version.number == 2
