"""Configurations come in from other tools, and go out to them, from the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from configurations.models import Draft, Version
from tests.cast import make_cloud, make_team
from tests.clusters.conftest import TEXT

pytestmark = pytest.mark.django_db

RAY_UP = """\
cluster_name: theirs
provider: {type: aws, region: us-west-2}
setup_commands: [echo]
docker: {image: "rayproject/ray:2.60.0", container_name: ray}
head_node_type: head
available_node_types:
  head: {node_config: {InstanceType: m5.2xlarge}}
  gpu: {node_config: {InstanceType: g5.2xlarge}, max_workers: 3}
"""


@pytest.fixture
def client(alice: User, research: Any) -> Client:
    """alice's browser."""
    client = Client()
    client.force_login(alice)
    return client


def post(client: Client, **posted: object) -> Any:
    return client.post(reverse("configurations:import-template"), posted)


def test_what_cannot_be_carried_over_is_said_before_anything_is_kept(client: Client) -> None:
    shown = post(client, text=RAY_UP).text
    assert "ray up cluster YAML" in shown
    assert "setup_commands" in shown
    assert not Draft.objects.exists()


def test_import_opens_as_a_draft_that_says_where_it_came_from(client: Client) -> None:
    answer = post(client, text=RAY_UP, do="open")
    draft = Draft.objects.get()
    assert answer.headers["Location"] == reverse("configurations:draft", args=[draft.pk])
    assert "instance_type: g5.2xlarge" in draft.text
    assert "rayproject/ray:2.60.0" in draft.origin
    assert "setup_commands" in draft.origin


def test_setup_commands_and_files_are_kept_as_notes_that_say_where_they_go(client: Client) -> None:
    text = RAY_UP.replace("[echo]", "[pip install -r r.txt]") + "file_mounts: {/data: ./data}\n"
    shown = post(client, text=text).text
    assert "Kept as notes" in shown
    assert "RUN pip install -r r.txt" in shown
    post(client, text=text, do="open")
    draft = Draft.objects.get()
    assert "`setup_commands`: Add these commands to the Dockerfile" in draft.rationale
    assert "    RUN pip install -r r.txt" in draft.rationale
    assert "    /data: ./data" in draft.rationale
    assert "setup_commands: Build" not in draft.origin


def test_cloud_is_guessed_from_provider_and_region_and_can_be_chosen(client: Client) -> None:
    make_cloud("a-east", provider="aws", region="us-east-1")
    make_cloud("b-west", provider="aws", region="us-west-2")
    make_cloud("g", provider="gcp", region="us-central1")
    shown = post(client, text=RAY_UP).text
    assert '<option value="b-west" selected>' in shown
    assert shown.index('value="b-west"') < shown.index('value="a-east"') < shown.index('value="g"')
    assert "same provider and region (AWS, us-west-2)" in " ".join(shown.split())
    post(client, text=RAY_UP, do="open")
    assert "cloud: b-west" in Draft.objects.latest("pk").text
    post(client, text=RAY_UP, cloud="g", do="open")
    assert "cloud: g" in Draft.objects.latest("pk").text


def test_without_a_cloud_that_fits_the_page_says_how_to_get_one(
    client: Client, alice: User
) -> None:
    shown = post(client, text=RAY_UP).text
    assert "The file is for AWS, us-west-2; your team has no cloud there." in shown
    assert "ask an installation admin to add one" in shown
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    assert f'<a href="{reverse("clouds:new")}">add a cloud</a>' in post(client, text=RAY_UP).text


def test_cloud_of_another_team_is_refused(client: Client) -> None:
    make_cloud("other-cloud", team=make_team("others"), provider="aws", region="us-west-2")
    assert "other-cloud" not in post(client, text=RAY_UP).text
    post(client, text=RAY_UP, cloud="other-cloud", do="open")
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("text", "cloud"),
    [
        ("head_node: {instance_type: m5.large}\nworker_nodes: []\n", "a-east"),
        ("zones: [us-central1-a]\nworker_nodes: []\n", "g"),
        ("cloud: g\nhead_node: {instance_type: m5.large}\n", "g"),
    ],
)
def test_zones_types_and_names_tell_the_cloud(client: Client, text: str, cloud: str) -> None:
    make_cloud("a-east", provider="aws", region="us-east-1")
    make_cloud("g", provider="gcp", region="us-central1")
    post(client, text=text, do="open")
    assert f"cloud: {cloud}" in Draft.objects.get().text


def test_own_format_keeps_its_comments(client: Client) -> None:
    post(client, text=f"# Mine.\n{TEXT}", do="open")
    assert Draft.objects.get().text.startswith("# Mine.")


def test_file_is_read(client: Client) -> None:
    upload = SimpleUploadedFile("cluster.yaml", RAY_UP.encode())
    post(client, file=upload, do="open")
    assert "g5.2xlarge" in Draft.objects.get().text


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"text": " "},
        {"file": SimpleUploadedFile("a", b"\xff\xfe\x00")},
        {"file": SimpleUploadedFile("a", b"a" * 1_100_000)},
        {"text": "a", "source": "xml"},
    ],
)
def test_what_is_no_text_is_refused(client: Client, posted: dict[str, Any]) -> None:
    assert post(client, **posted, do="open").status_code == 422
    assert not Draft.objects.exists()


def test_text_that_is_no_cluster_is_shown_with_its_problem(client: Client) -> None:
    shown = post(client, text="kind: RayCluster\n", do="open").text
    assert "headGroupSpec" in shown
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "text", ["kind: {a: 1}", "kind: [RayCluster]", "[", "- 1", "{}", "a: &b [*b]"]
)
@pytest.mark.parametrize(
    "source", ["", "kuberay", "ray-up", "anyscale", "anyscale-legacy", "mobula"]
)
def test_any_text_gets_an_answer(client: Client, text: str, source: str) -> None:
    assert post(client, text=text, source=source).status_code == 200


def test_version_is_shown_in_another_format_with_its_losses(
    client: Client, version: Version
) -> None:
    address = reverse("configurations:export-version", args=[version.template_id, 1])
    shown = client.get(address, {"to": "kuberay"}).text
    assert "kind: RayCluster" in shown
    assert "mobula.idle_minutes" not in shown  # it is what the default says: nothing is lost
    assert "The manifest runs on the Kubernetes cluster" in shown


def test_version_is_downloaded_as_a_file(client: Client, version: Version) -> None:
    address = reverse("configurations:export-version", args=[version.template_id, 1])
    answer = client.get(address, {"to": "ray-up", "name": "a/b\n", "download": "yes"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a-b-ray-up.yaml"'
    assert "available_node_types" in answer.text


@pytest.mark.parametrize("asked", [{"to": "xml"}, {"name": "x" * 200}, {"to": ""}])
def test_odd_questions_are_no_error(
    client: Client, version: Version, asked: dict[str, str]
) -> None:
    address = reverse("configurations:export-version", args=[version.template_id, 1])
    assert client.get(address, asked).status_code == 200
