"""Pages say for how long what they show is kept."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from clusters.models import Cluster, ScalingDecision

pytestmark = pytest.mark.django_db


def test_pages_say_how_long_rows_are_kept(
    cluster: Cluster, adam: User, client: Client, settings: Settings
) -> None:
    client.force_login(adam)
    ScalingDecision.objects.create(cluster=cluster, kind="launch", reason="x")
    page = reverse("clusters:detail", args=[cluster.pk])
    pages = {
        "events": f"{page}?tab=events",
        "decisions": f"{page}?tab=scaling",
        "audit": reverse("accounts:audit"),
    }
    for what, address in pages.items():
        for days, sentence in (
            (180, "Kept for 180 days."),
            (1, "Kept for 1 day."),
            (0, "Kept indefinitely."),
        ):
            settings.KEEP_DAYS = {**settings.KEEP_DAYS, what: days}
            assert sentence in client.get(address).text
