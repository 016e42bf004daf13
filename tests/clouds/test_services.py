"""Clouds are added and changed by the service's rules, whoever calls it."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.errors import Invalid, WrongState
from accounts.models import User
from clouds.models import Cloud
from clouds.services import add_cloud, change_cloud
from providers.kubernetes.traits import TRAITS as KUBERNETES

pytestmark = pytest.mark.django_db

VALUES: dict[str, Any] = {"name": "prod", "provider": "aws", "region": "us-west-2"}
WRONG = [
    ({"name": ""}, "name"),
    ({"name": "x" * 64}, "name"),
    ({"name": "taken"}, "name"),
    ({"provider": "azure"}, "provider"),
    ({"provider": "local"}, "provider"),
    ({"region": "us-west-9"}, "region"),
    ({"provider": "kubernetes", "region": ""}, "region"),
    ({"shapes": ["8CPU"]}, "shapes"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_what_is_no_cloud_is_neither_added_nor_changed(
    adam: User, change: dict[str, Any], field: str
) -> None:
    Cloud.objects.create(name="taken", provider="gcp", region="us-central1")
    cloud = add_cloud(**VALUES, by=adam)
    for call in (
        lambda: add_cloud(**{**VALUES, "name": "more"} | change, by=adam),
        lambda: change_cloud(cloud, **VALUES | change, by=adam),
    ):
        with pytest.raises(Invalid) as refusal:
            call()
        assert field in {error.field for error in refusal.value.errors}
    assert set(Cloud.objects.values_list("name", "region")) == {
        ("taken", "us-central1"),
        ("prod", "us-west-2"),
    }


def test_cloud_on_kubernetes_has_the_usual_shapes(adam: User) -> None:
    cloud = add_cloud(name="k8s", provider="kubernetes", region="one", by=adam)
    assert cloud.shapes == list(KUBERNETES.default_shapes)


def test_cloud_that_came_with_mobula_stays(adam: User) -> None:
    local = Cloud.objects.create(name="local", provider="local")
    with pytest.raises(WrongState, match="came with Mobula"):
        change_cloud(local, **VALUES, by=adam)
