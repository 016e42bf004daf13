"""A configuration of another tool becomes a draft, or the service says why not."""

from __future__ import annotations

import pytest

from accounts.errors import Invalid
from accounts.models import Team, User
from configurations.models import Draft
from configurations.services.importing import open_import, preview_import
from domain.convert import Format
from tests.clusters.conftest import TEXT
from tests.domain.convert.kuberay.files import cluster

pytestmark = pytest.mark.django_db


def test_own_text_stays_as_it_was_written(research: Team, alice: User) -> None:
    text = f"# Why\n{TEXT}"
    draft = open_import(text.replace("\n", "\r\n"), team=research, by=alice)
    assert draft.text == text
    assert draft.origin.startswith("Imported from")


def test_preview_detects_the_format_and_saves_nothing() -> None:
    preview = preview_import("kind: RayCluster\n")
    assert preview.source is Format.KUBERAY
    assert not Draft.objects.exists()


def test_image_and_version_of_ray_are_among_what_does_not_carry_over() -> None:
    preview = preview_import(cluster(spec='rayVersion: "2.46.0"'))
    assert {"image", "rayVersion"} <= {loss.path for loss in preview.losses}
    assert "It uses image ray:1" in preview.origin
    assert "Ray 2.46.0" in preview.origin
    assert preview.origin.count("ray:1") == 1


@pytest.mark.parametrize(
    ("text", "source", "field", "words"),
    [
        (" \n", "", "", "Choose a file, or paste"),
        ("a" * 1_100_000, "", "text", "larger than"),
        (TEXT, "xml", "source", "Unknown format 'xml'"),
        ("kind: RayCluster\n", "kuberay", "text", "Could not parse this as"),
    ],
)
def test_what_cannot_be_imported_is_refused(
    research: Team, alice: User, text: str, source: str, field: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        open_import(text, source=source, team=research, by=alice)
    assert refusal.value.field == field
    assert not Draft.objects.exists()
