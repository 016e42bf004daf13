"""The library's templates fit the user's clouds, and open as drafts."""

from __future__ import annotations

import pytest

from accounts.errors import NotFound
from accounts.models import Team, User
from configurations.library import LIBRARY
from configurations.library_offers import library_offer
from configurations.models import Draft
from configurations.services.library import open_ready
from domain.offerings import ProviderKind
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db


def test_template_is_for_the_first_cloud_that_fits(research: Team, alice: User) -> None:
    make_cloud("prod", provider="aws", region="us-west-2")
    draft = open_ready("single-node", team=research, by=alice)
    assert (draft.name, draft.origin) == ("single-node", "From the library: A single machine.")
    assert "cloud: prod" in draft.text


def test_without_a_cloud_the_draft_says_what_to_name(research: Team, alice: User) -> None:
    draft = open_ready("single-node", team=research, by=alice)
    assert draft.origin.endswith("Select one of your team's clouds on AWS.")


def test_cloud_of_another_team_is_not_offered(research: Team, other: Team) -> None:
    make_cloud("theirs", provider="aws", region="us-west-2", team=other)
    on_aws = [item for item in LIBRARY if item.provider is ProviderKind.AWS]
    assert {library_offer(item, team=research).cloud for item in on_aws} == {""}


def test_template_that_the_library_has_not_is_not_found(research: Team, alice: User) -> None:
    with pytest.raises(NotFound, match="no such template"):
        open_ready("x", team=research, by=alice)
    assert not Draft.objects.exists()
