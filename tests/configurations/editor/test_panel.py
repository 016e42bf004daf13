"""The editor beside a cluster that runs: what each change would take there."""

from typing import Any

import pytest

from clusters.models import Cluster
from configurations.models import Version
from configurations.queries import deployed_version
from configurations.services.templates import save_version
from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import open_editor

pytestmark = pytest.mark.django_db


def test_no_running_cluster_means_no_comparison(version: Version, alice: Any, driver: Any) -> None:
    assert (
        "Compared with running"
        not in open_editor(version, alice).check(**{"g0-max_nodes": "9"}).text
    )


def test_unchanged_text_needs_nothing(cluster: Cluster, version: Version, alice: Any) -> None:
    assert "Compared with running" not in open_editor(version, alice).page.text


@pytest.mark.parametrize(
    ("field", "value", "effect"),
    [
        ("g0-max_nodes", "9", "live"),
        ("g0-size", "large", "new nodes"),
        ("head-size", "large", "recreate"),
    ],
)
def test_change_says_what_it_takes(
    cluster: Cluster, version: Version, alice: Any, field: str, value: str, effect: str
) -> None:
    text = open_editor(version, alice).check(**{field: value}).text
    section = text[text.index('id="rollout-title"') :]
    assert "Compared with running train:1" in section
    assert f">{effect}</span>" in section


def test_it_compares_with_the_newest_version_that_runs(
    cluster: Cluster, version: Version, alice: Any
) -> None:
    text = TEXT.replace("max_nodes: 4", "max_nodes: 6")
    save_version(version.template, text=text, message="More.", base=version.number, by=alice)
    assert deployed_version(version.template) == version
    assert "Compared with running train:1" in open_editor(version, alice).page.text


def test_ended_cluster_runs_no_version(cluster: Cluster, version: Version) -> None:
    Cluster.objects.update(state="terminated")
    assert deployed_version(version.template) is None
