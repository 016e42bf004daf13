"""The buttons of a cluster."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def test_hold_that_cannot_be_read_is_refused(head: Head, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    client.post(reverse("clusters:hold", args=[head.cluster.pk]), {"hours": "soon"})
    head.cluster.refresh_from_db()
    assert head.cluster.run.hold_until is None
