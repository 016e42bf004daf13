"""The page of a cloud's permissions: policies to copy, made for the cloud's own settings."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Team, User
from clouds.models import Cloud
from clouds.services import set_credentials
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db

ROLE = "arn:aws:iam::123456789012:role/mobula"
KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "canary/wJalrXUtnFEMI"}


@pytest.fixture
def cloud(adam: User) -> Cloud:
    cloud = make_cloud(
        "aws", provider="aws", region="us-east-1", settings={"head_profile": "heads"}
    )
    return set_credentials(
        cloud, values={**KEYS, "role_arn": ROLE, "external_id": "team-7"}, by=adam
    )


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("", "ec2:RunInstances"),
        ("policy", "arn:aws:iam::123456789012:role/heads"),
        ("trust", "team-7"),
        ("assume", ROLE),
        ("builds", "codebuild:StartBuild"),
        ("terraform", "aws_iam_instance_profile"),
        ("nothing", "ec2:RunInstances"),
    ],
)
def test_each_document_is_made_for_the_cloud(
    cloud: Cloud, adam: User, client: Client, show: str, words: str
) -> None:
    client.force_login(adam)
    answer = client.get(f"/clouds/{cloud.pk}/permissions/", {"show": show} if show else {})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert words in text
    assert 'data-copy="document"' in text
    assert KEYS["secret_access_key"] not in text
    assert KEYS["access_key_id"] not in text


def test_settings_that_are_wrong_are_said_in_place_of_a_policy(
    cloud: Cloud, adam: User, client: Client
) -> None:
    Cloud.objects.update(settings={"vpc": "x"})
    client.force_login(adam)
    text = client.get(f"/clouds/{cloud.pk}/permissions/").content.decode()
    assert "&#x27;vpc&#x27; is not an ID of AWS" in text
    assert "RunInstances" not in text


def test_credentials_that_cannot_be_read_do_not_hide_the_policy(
    cloud: Cloud, adam: User, client: Client
) -> None:
    client.force_login(adam)
    page = f"/clouds/{cloud.pk}/permissions/"
    Cloud.objects.update(sealed_credentials="unreadable")
    assert "ec2:RunInstances" in client.get(page).content.decode()


def test_a_provider_without_documents_has_no_page(
    research: Team, adam: User, client: Client
) -> None:
    client.force_login(adam)
    k8s = make_cloud("k8s", provider="kubernetes", region="one")
    demo = make_cloud("demo", provider="aws", region="us-east-1", is_demo=True, team=research)
    for one in (k8s, demo):
        assert client.get(f"/clouds/{one.pk}/permissions/").status_code == 404
