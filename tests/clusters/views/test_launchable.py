"""A cloud that nothing can be launched on says so on every page, in the same sentence."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

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

TEXT = "cloud: prod\nhead_node: {instance_type: n2-standard-8}\nworker_nodes: []\n"
SENTENCE = "Mobula cannot launch clusters on Google Cloud yet."


@pytest.fixture
def planned(version: Version, alice: User) -> Version:
    """A newer template of alice's team, for a cloud that has no driver yet."""
    make_cloud("prod", provider="gcp", region="us-central1")
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
        reverse("configurations:library") + "?provider=gcp",
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
    assert "planned:1 · prod · n2-standard-8 · $0.39/h · cannot be launched" in page


def test_choice_has_the_ten_newest_of_each_template_and_the_chosen_one(
    browser: Client, version: Version, planned: Version
) -> None:
    template = version.template
    later = Version.objects.bulk_create(
        Version(
            template=template, number=number, text=version.text, digest=f"{number:064}",
            message="More.", author=version.author,
        )
        for number in range(2, 15)
    )  # fmt: skip
    Version.objects.filter(pk=later[-1].pk).update(archived_at=now())  # 14
    page = browser.get(reverse("clusters:launch"), {"version": version.pk}).text
    offered = re.findall(r'<option value="(\d+)"', page[page.index("<optgroup") :])
    newest = [row.pk for row in later[-2:-12:-1]]
    assert [int(pk) for pk in offered] == [planned.pk, *newest, version.pk]
