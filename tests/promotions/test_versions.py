"""A release is verified only where heads run the Ray and the Python that its image says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from clusters.models import Run
from configurations.models import Version
from domain.promotions.states import RequestState
from promotions.models import ChangeRequest
from tests.clusters.head import Head
from tests.images.rewritten import rewrite_versions
from tests.promotions.test_following import dev, follower, more, released, rollout, stepped

__all__ = ["dev", "follower"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            {"ray_version": "2.59.1"},
            "one: Its head runs Ray 2.59.1, and its image ray:1 is registered with Ray 2.60.0.",
        ),
        (
            {"python_version": "3.9.1"},
            "one: Its head runs Python 3.9.1, and its image ray:1 is registered with Python 3.13.",
        ),
    ],
)
def test_another_version_than_the_images_fails_the_release_and_names_both(
    follower: Head, version: Version, told: dict[str, Any], words: str
) -> None:
    rewrite_versions(python_version="3.13")
    request = stepped(stepped(released(more(version))))
    assert request.state == RequestState.VERIFYING
    follower.report(**{"python_version": "3.13.0", **told})
    request = stepped(request)
    assert request.state == RequestState.FAILED
    assert request.steps.last().reason == words


def test_a_head_that_says_what_its_image_says_is_fine(follower: Head, version: Version) -> None:
    rewrite_versions(python_version="3.13")
    request = stepped(stepped(released(more(version))))
    follower.report(python_version="3.13.7")
    assert Run.objects.get().python_version == "3.13.7"
    assert stepped(request).state == RequestState.DONE


def test_a_head_that_says_nothing_is_waited_for(follower: Head, version: Version) -> None:
    request = stepped(stepped(released(more(version))))
    Run.objects.update(ray_version="")
    request = stepped(request)
    assert request.state == RequestState.VERIFYING
    assert rollout(request).detail == "Its head has not said which Ray and Python it runs."
    ChangeRequest.objects.filter(pk=request.pk).update(state_since=now() - timedelta(hours=1))
    assert stepped(request).state == RequestState.FAILED


def test_what_a_hostile_report_says_is_cut(follower: Head) -> None:
    follower.report(ray_version="9" * 500, python_version="3\0")
    assert Run.objects.get().ray_version == "9" * 20
