"""A template made from the library is the team's own, and made once however often it is chosen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Team, User
from configurations.library_offers import LibraryOffer, launchable_offers
from configurations.models import Template, Version
from configurations.services.library import template_from_library
from configurations.services.templates import create_template
from tests.cast import make_cloud

KEY = "local-quick-start"


def quick_start(user: User) -> LibraryOffer:
    make_cloud("local", provider="local")
    (offer,) = launchable_offers(user.memberships.get().team)
    return offer


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_template(alice: User, research: Team) -> None:
    offer = quick_start(alice)

    def use(_: int) -> int:
        try:
            return template_from_library(offer, team=research, by=alice).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        versions = set(pool.map(use, range(4)))
    assert len(versions) == 1
    assert Template.objects.get().name == KEY


@pytest.mark.django_db
def test_template_of_that_name_that_says_something_else_is_left_alone(
    alice: User, research: Team
) -> None:
    offer = quick_start(alice)
    text = f"{offer.text}  worker_idle_seconds: 5\n"
    mine = create_template(team=research, name=KEY, text=text, message="Mine.", by=alice)
    version = template_from_library(offer, team=research, by=alice)
    assert (version.template.name, version.text) == (f"{KEY}-2", offer.text)
    assert list(Version.objects.filter(template=mine.template)) == [mine]


@pytest.mark.django_db
def test_clouds_that_cannot_be_launched_on_are_not_offered(alice: User) -> None:
    make_cloud("prod", provider="gcp", region="us-central1")
    assert launchable_offers(alice.memberships.get().team) == []
