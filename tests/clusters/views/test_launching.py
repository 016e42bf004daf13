"""The launch page says what a choice costs and what stands in its way before anything starts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clusters.models import Cluster
from configurations.models import Version
from configurations.services.templates import save_version
from providers.fake.driver import FakeDriver
from tests.cast import make_cloud
from tests.clusters.conftest import TEXT
from tests.images.rewritten import rewrite_versions

pytestmark = pytest.mark.django_db

OVERLAYS = "  environments:\n    dev:\n      worker_nodes: [{name: cpu, max_nodes: 8}]\n"


@pytest.fixture
def page(alice: User, driver: FakeDriver) -> Callable[..., str]:
    """Look at a page as alice."""
    client = Client()
    client.force_login(alice)

    def looked(name: str, **asked: object) -> str:
        return client.get(reverse(f"clusters:{name}"), asked).content.decode()

    return looked


@pytest.fixture
def with_dev(version: Version, alice: User) -> Version:
    """alice's template with more workers in production."""
    saved = save_version(
        version.template, text=f"{TEXT}{OVERLAYS}", base=1, message="More.", by=alice
    )
    return saved.version


def test_price_of_the_choice_is_shown(version: Version, page: Callable[..., str]) -> None:
    shown = page("launch", version=version.pk)
    assert "$0.10" in shown
    assert "$0.50" in shown  # the head and four workers


def test_environments_of_the_team_and_of_the_version_can_be_chosen(
    version: Version, with_dev: Version, page: Callable[..., str]
) -> None:
    assert '<option value="dev">' in page("launch-preview", version=version.pk)
    shown = page("launch-preview", version=with_dev.pk, environment="dev")
    assert '<option value="prod">' in shown
    assert '<option value="dev" selected>' in shown
    assert "$0.90" in shown  # eight workers in production


def test_environment_holds_for_the_cluster_launched(
    with_dev: Version, alice: User, driver: FakeDriver, queued: list[str]
) -> None:
    client = Client()
    client.force_login(alice)
    posted = {"name": "live", "version": with_dev.pk, "environment": "dev"}
    client.post(reverse("clusters:launch"), posted)
    cluster = Cluster.objects.get(name="live")
    assert (cluster.environment, cluster.groups.get(name="cpu").max_nodes) == ("dev", 8)


def test_environment_that_the_version_does_not_name_is_refused(
    version: Version, alice: User, driver: FakeDriver
) -> None:
    client = Client()
    client.force_login(alice)
    posted = {"name": "live", "version": version.pk, "environment": "eu"}
    answer = client.post(reverse("clusters:launch"), posted)
    assert answer.status_code == 422
    assert not Cluster.objects.exists()


def test_mounts_are_not_left_out_in_silence(
    version: Version, alice: User, page: Callable[..., str]
) -> None:
    text = f"{TEXT}  mounts: [{{storage: datasets, path: /mnt/datasets}}]\n"
    saved = save_version(version.template, text=text, base=1, message="Mount.", by=alice)
    assert "Mounts are not supported yet" in page("launch-preview", version=saved.version.pk)


def test_archived_version_is_not_offered(version: Version, page: Callable[..., str]) -> None:
    Version.objects.update(archived_at=version.created_at)
    assert "No templates yet" in page("launch")


@pytest.mark.parametrize("asked", ["x", "-1", "99999999999999999999", "0"])
def test_version_that_does_not_exist_is_no_error(
    version: Version, page: Callable[..., str], asked: str
) -> None:
    assert "Launch cluster" in page("launch", version=asked)


def test_cloud_without_a_driver_is_priced_and_not_launched_on(
    version: Version, alice: User, page: Callable[..., str]
) -> None:

    make_cloud("prod", provider="gcp", region="us-central1")
    text = "cloud: prod\nhead_node: {instance_type: n2-standard-8}\nworker_nodes: []\n"
    saved = save_version(version.template, text=text, base=1, message="To Google Cloud.", by=alice)
    assert "Mobula cannot launch clusters on Google Cloud yet" in page(
        "launch-preview", version=saved.version.pk
    )


def test_image_whose_ray_has_no_wheel_for_its_python_is_worth_a_look(
    version: Version, page: Callable[..., str]
) -> None:
    assert "no wheel for Python" not in page("launch", version=version.pk)
    rewrite_versions(python_version="3.9.1")
    shown = page("launch", version=version.pk)
    assert "Image ray:1: Ray 2.60.0 has no wheel for Python 3.9" in shown
