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


def test_a_refused_resize_keeps_what_was_typed_beside_its_error(head: Head, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    url = reverse("clusters:resize", args=[head.cluster.pk, "cpu"])
    for least in ("9", "-1"):
        response = client.post(url, {"cpu-min_nodes": least, "cpu-max_nodes": "2"})
        assert response.status_code == 422
        form = dict(response.context["resize_forms"])["cpu"]
        assert "min_nodes" in form.errors
        assert f'value="{least}"' in str(form["min_nodes"])
        assert 'id="id_cpu-min_nodes_error"' in response.text
    page = reverse("clusters:detail", args=[head.cluster.pk])
    assert client.get(url).headers["Location"] == f"{page}?tab=scaling"
