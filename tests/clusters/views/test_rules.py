"""Rules are enabled and disabled on the Scaling tab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from clusters.models import EnabledRule
from tests.clusters.head import Head

if TYPE_CHECKING:
    from accounts.models import User
from tests.clusters.views.scaling_page import panel

pytestmark = pytest.mark.django_db


RULE = {"expression": "8 / queue"}


def test_a_rule_is_enabled_and_disabled_with_a_trace(scaled: Head, page: Any) -> None:
    addresses = [reverse(f"clusters:{name}-rule", args=[scaled.cluster.pk, "cpu"])
             for name in ("enable", "disable")]  # fmt: skip
    response = page.client.post(addresses[0], RULE, follow=True)
    assert "The rule of group cpu can launch nodes now." in response.text
    assert EnabledRule.objects.count() == 1
    assert "Disable" in panel(page, scaled.cluster).text
    page.client.post(addresses[1], RULE)
    assert not EnabledRule.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="rule.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["rule.enabled", "rule.disabled"]


def test_a_rule_that_the_configuration_does_not_have_is_not_enabled(
    scaled: Head, page: Any
) -> None:
    url = reverse("clusters:enable-rule", args=[scaled.cluster.pk, "cpu"])
    response = page.client.post(url, {"expression": "100"}, follow=True)
    assert "no longer has this rule for group cpu" in response.text
    assert not EnabledRule.objects.exists()


@pytest.mark.parametrize("address", ["enable-rule", "disable-rule"])
def test_no_rule_is_switched_that_the_configuration_cannot_have(
    scaled: Head, page: Any, address: str
) -> None:
    url = reverse(f"clusters:{address}", args=[scaled.cluster.pk, "gpu"])
    response = page.client.post(url, {"expression": "1"}, follow=True)
    assert "no longer has this rule for group" in response.text


@pytest.mark.parametrize("address", ["enable-rule", "disable-rule"])
@pytest.mark.parametrize(("group", "text"), [("cpu", "a\0b"), ("c\0pu", "1")])
def test_a_rule_that_no_database_stores_is_refused(
    scaled: Head, page: Any, address: str, group: str, text: str
) -> None:
    url = reverse(f"clusters:{address}", args=[scaled.cluster.pk, group])
    assert page.client.post(url, {"expression": text}).status_code == 400


def test_a_viewer_may_look_but_not_switch(scaled: Head, bob: User) -> None:
    client = Client()
    client.force_login(bob)
    url = reverse("insights:scaling")
    assert "disabled title=" in client.get(url, {"cluster": str(scaled.cluster.pk)}).text
