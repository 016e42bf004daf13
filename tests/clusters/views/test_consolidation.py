"""Consolidation on the Scaling tab."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import User
from clusters.models import Node
from tests.clusters.busy_head import BusyHead

pytestmark = pytest.mark.django_db


def test_the_page_says_what_could_go_why_others_stay_and_how_it_is_measured(
    acting: BusyHead, alice: User
) -> None:
    def page() -> str:
        url = reverse("clusters:detail", args=[acting.cluster.pk])
        return html.unescape(client.get(url, {"tab": "scaling"}).content.decode())

    client = Client()
    client.force_login(alice)
    assert "No consolidation available" in page()
    _first, second, third = acting.grows(2, 1, 1)
    acting.looks()
    shown = page()
    assert f"{third.label} can be removed: its work fits on the other nodes" in shown
    assert "Found. Checked again before anything changes." in shown
    assert "Mode: cpu act." in shown
    assert "2 for each actor" in shown
    Node.objects.filter(pk=second.pk).update(requested_at=now())
    acting.looks()
    assert f"{second.label} stays: it has been up for less than 60 s." in page()
