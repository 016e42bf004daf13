"""A version is cloned to a cloud that the user may use."""

from __future__ import annotations

import pytest

from accounts.errors import NotFound
from accounts.models import Team, User
from clouds.models import Cloud
from clouds.services import share_cloud
from configurations.models import Draft, Version
from configurations.services.cloning import clone_version, preview_clone
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db


@pytest.fixture
def aws(db: None) -> Cloud:
    return make_cloud("aws", provider="aws", region="us-east-1")


def test_clone_is_a_draft_of_a_new_template(version: Version, aws: Cloud, alice: User) -> None:
    draft = clone_version(version, cloud=aws, chosen={}, by=alice)
    assert (draft.name, draft.template) == ("train-aws", None)
    assert "cloud: aws" in draft.text
    assert draft.origin.startswith("Cloned from train:1 to aws.")


def test_preview_has_each_machine_and_saves_nothing(
    version: Version, aws: Cloud, alice: User
) -> None:
    preview = preview_clone(version, cloud=aws)
    assert [machine.path for machine in preview.machines] == ["head_node", "worker_nodes[0]"]
    assert not Draft.objects.exists()


def test_cloud_of_another_team_is_not_found(
    version: Version, aws: Cloud, alice: User, adam: User, other: Team
) -> None:
    share_cloud(aws, teams=[other], by=adam)
    with pytest.raises(NotFound, match="access to a cloud 'aws'"):
        clone_version(version, cloud=aws, chosen={}, by=alice)
    assert not Draft.objects.exists()
