"""A cloud that nothing can be launched on says so on every page, in the same sentence."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid
from accounts.models import User
from clusters.models import Cluster
from clusters.services.launching import launch_cluster
from configurations.models import Version
from configurations.services.drafts import open_draft
from configurations.services.templates import create_template
from providers.fake.driver import FakeDriver
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db

TEXT = "cloud: prod\nhead_node: {instance_type: m5.2xlarge}\nworker_nodes: []\n"
SENTENCE = "Mobula cannot launch clusters on AWS yet."


@pytest.fixture
def planned(version: Version, alice: User) -> Version:
    """A newer template of alice's team, for a cloud that has no driver yet."""
    make_cloud("prod", provider="aws", region="us-west-2")
    team = version.template.team
    return create_template(team=team, name="planned", text=TEXT, message="First.", by=alice)


@pytest.fixture
def browser(alice: User, driver: FakeDriver) -> Client:
    """alice's browser."""
    client = Client()
    client.force_login(alice)
    return client


def test_every_page_of_a_version_says_why_it_cannot_be_launched(
    browser: Client, planned: Version, alice: User
) -> None:
    template = planned.template
    draft = open_draft(team=template.team, by=alice, text=TEXT)
    for address in (
        reverse("clouds:list"),
        reverse("configurations:library") + "?provider=aws",
        reverse("configurations:template", args=[template.pk]),
        reverse("configurations:version", args=[template.pk, 1]),
        reverse("configurations:draft", args=[draft.pk]),
        reverse("clusters:launch") + f"?version={planned.pk}",
    ):
        page = browser.get(address).content.decode()
        assert SENTENCE in page, address
        assert f'class="btn btn-primary" href="{reverse("clusters:launch")}' not in page, address


def test_launch_page_disables_launch_with_the_reason_beside_it(
    browser: Client, planned: Version
) -> None:
    page = browser.get(reverse("clusters:launch"), {"version": planned.pk}).content.decode()
    button = re.search(r"<button[^>]*>(?:(?!</button>).)*Launch</button>", page, re.DOTALL)
    assert button
    assert "disabled" in button[0]
    assert 'aria-describedby="launch-refusal"' in button[0]


def test_server_refuses_with_the_same_sentence(planned: Version, alice: User) -> None:
    with pytest.raises(Invalid, match=SENTENCE):
        launch_cluster(name="one", version=planned, by=alice)
    assert not Cluster.objects.exists()


def test_launch_page_starts_with_the_newest_version_that_can_be_launched(
    browser: Client, version: Version, planned: Version
) -> None:
    page = browser.get(reverse("clusters:launch")).content.decode()
    assert f'<option value="{version.pk}" selected>' in page
    assert "disabled aria-describedby" not in page


def test_choice_is_grouped_by_template_with_cloud_machines_and_price(
    browser: Client, version: Version, planned: Version
) -> None:
    page = browser.get(reverse("clusters:launch")).content.decode()
    assert '<optgroup label="planned">' in page
    assert '<optgroup label="train">' in page
    assert "train:1 · paper · small + 0–4 × small · $0.10–$0.50/h" in page
    assert "planned:1 · prod · m5.2xlarge · $0.38/h · cannot be launched" in page
