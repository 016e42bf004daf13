"""Versions: why they are, what changes from one to another, put away, brought back, restored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from clusters.models import Cluster
from configurations.models import Draft, Version
from configurations.services.templates import archive_template, save_version
from tables.sides import side_by_side
from tests.cast import make_cloud
from tests.clusters.conftest import TEXT

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(version: Version, alice: User) -> Version:
    """Version 2 of alice's template: a larger head and more workers, for a reason."""
    text = TEXT.replace("max_nodes: 4", "max_nodes: 9").replace(
        "head_node:\n  instance_type: small", "head_node:\n  instance_type: large"
    )
    saved = save_version(
        version.template,
        text=text,
        base=1,
        message="Larger.",
        rationale="The head **fell over**.\n\n<script>alert(1)</script> [x](javascript:alert(1))",
        by=alice,
    )
    return saved.version


@pytest.fixture
def client(alice: User) -> Client:
    """alice's browser."""
    client = Client()
    client.force_login(alice)
    return client


def address(version: Version, name: str = "version") -> str:
    return reverse(f"configurations:{name}", args=[version.template_id, version.number])


def test_rationale_is_markdown_and_never_markup_of_its_own(client: Client, second: Version) -> None:
    shown = client.get(address(second)).text
    assert "<strong>fell over</strong>" in shown
    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown


def test_comparison_says_each_change_with_its_effect(
    client: Client, second: Version, driver: Any
) -> None:
    shown = client.get(address(second), {"with": "1"}).text
    assert "Group cpu: Maximum nodes" in shown
    assert "<strong>Recreate.</strong>" in shown  # the head's machine is another
    assert ">Live<" in shown
    assert "Maximum: $0.50 → $1.30 per hour" in shown


def test_comparison_stands_side_by_side(client: Client, second: Version) -> None:
    shown = client.get(address(second), {"with": "1"}).text
    assert shown.count('class="side-changed"') == 2
    assert "max_nodes: 4" in shown
    assert "max_nodes: 9" in shown


def test_lines_are_paired_and_long_stretches_left_out() -> None:
    old = "\n".join(f"line {number}" for number in range(20))
    new = old.replace("line 10", "other\nmore").replace("line 19", "")
    pairs = list(side_by_side(old, new))
    assert pairs[0].kind == "skipped"
    kinds = [pair.kind for pair in pairs]
    assert (kinds.count("changed"), kinds.count("added"), kinds.count("removed")) == (1, 1, 1)
    assert all(pair.old == pair.new for pair in pairs if pair.kind == "same")


def test_same_meaning_is_said(client: Client, version: Version, alice: User) -> None:
    save_version(version.template, text=f"# Why\n{TEXT}", base=1, message="Words.", by=alice)
    two = version.template.versions.get(number=2)
    assert "only comments or formatting differ" in client.get(address(two), {"with": "1"}).text


def test_archived_version_is_folded_away_and_not_launched(
    client: Client, version: Version, second: Version
) -> None:
    assert client.post(address(version, "archive-version")).status_code == 302
    template = reverse("configurations:template", args=[version.template_id])
    assert "train:1<" not in client.get(template).text
    assert "train:1<" in client.get(template, {"show": "archived"}).text
    posted = {"name": "one", "version": version.pk}
    assert client.post(reverse("clusters:launch"), posted).status_code == 422
    assert AuditEntry.objects.filter(action="version.archived").count() == 1
    client.post(address(version, "unarchive-version"))
    assert "train:1<" in client.get(template).text


def test_version_that_a_cluster_runs_is_not_archived(
    client: Client, cluster: Cluster, version: Version
) -> None:
    client.post(address(version, "archive-version"))
    version.refresh_from_db()
    assert version.archived_at is None
    assert "is in use by one" in client.get(address(version)).text


def test_archiving_is_all_that_the_database_lets_happen_to_a_version(version: Version) -> None:
    rows = Version.objects.filter(pk=version.pk)
    rows.update(archived_at=version.created_at)
    for change in ({"text": "x"}, {"rationale": "x"}, {"archived_at": None, "message": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)


def test_restored_version_is_a_draft_on_top_of_the_latest(
    client: Client, version: Version, second: Version, alice: User
) -> None:
    answer = client.post(address(version, "restore-version"))
    draft = Draft.objects.get()
    assert answer.headers["Location"] == reverse("configurations:draft", args=[draft.pk])
    assert (draft.text, draft.base, draft.author) == (TEXT, 2, alice)
    assert "Restored from train:1." in client.get(answer.headers["Location"]).text


def test_archived_template_comes_back(client: Client, version: Version, alice: User) -> None:
    archive_template(version.template, by=alice)
    client.post(reverse("configurations:unarchive-template", args=[version.template_id]))
    version.template.refresh_from_db()
    assert version.template.archived_at is None


def test_clusters_that_run_a_version_are_named(
    client: Client, launch: Callable[..., Cluster], version: Version
) -> None:
    launch("nightly")
    assert "nightly" in client.get(address(version)).text


def test_clone_shows_each_machines_place_and_opens_as_a_draft(
    client: Client, version: Version, driver: Any
) -> None:

    make_cloud("prod", provider="aws", region="us-west-2")
    asked = client.get(address(version, "clone-version"), {"cloud": "prod"})
    assert "Machine of Head on prod" in asked.text
    posted = {"cloud": "prod", "head_node": "", "worker_nodes[0]": ""}
    answer = client.post(address(version, "clone-version"), posted)
    draft = Draft.objects.get()
    assert answer.headers["Location"] == reverse("configurations:draft", args=[draft.pk])
    assert (draft.template, draft.name) == (None, "train-prod")
    assert "cloud: prod" in draft.text
    assert "required_resources" in draft.text


def test_clone_to_a_cloud_of_somebody_else_shows_nothing(
    client: Client, version: Version, other: Any
) -> None:

    make_cloud("theirs", provider="aws", region="us-west-2", team=other)
    shown = client.get(address(version, "clone-version"), {"cloud": "theirs"}).text
    assert '<option value="theirs"' not in shown
    assert "Machine of Head" not in shown
