"""The page that says where images of a registry are built, and its check."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid, NotAllowed, WrongState
from accounts.models import AuditEntry, Team, User
from images.building.builders import unavailable_to
from images.models import Registry
from images.registries.build_places import BuildsOn, chosen, creates_repositories, settings_of
from images.services.build_places import check_build_place, set_build_place
from tests.cast import make_member
from tests.doubles.aws.builds import THROTTLED, BuildsDouble, Failure
from tests.images.elsewhere.conftest import Queue

pytestmark = pytest.mark.django_db
CODEBUILD = {"on": "codebuild", "project": "other", "bucket": "contexts", "login_secret": ""}


@pytest.fixture
def admin(research: Team) -> User:
    return make_member("ada", team=research, role="admin")


def test_a_project_is_chosen_and_audited(registry: Registry, admin: User) -> None:
    row = set_build_place(registry, values=CODEBUILD, by=admin)
    assert chosen(row) == BuildsOn.CODEBUILD
    assert settings_of(row)["project"] == "other"
    assert settings_of(row)["endpoint"] == settings_of(registry)["endpoint"]
    entry = AuditEntry.objects.filter(action="registry.builds_changed").get()
    assert (entry.before["project"], entry.after["project"]) == ("images", "other")
    assert unavailable_to(row.team) == ""
    assert chosen(set_build_place(row, values={"on": "buildah"}, by=admin)) == BuildsOn.HERE


@pytest.mark.parametrize(
    ("values", "field", "wanted"),
    [
        ({"on": "codebuild", "project": ""}, "project", "such as mobula-images"),
        ({"on": "codebuild", "project": "p q"}, "project", "“p q” is not the name"),
        ({"on": "cloudbuild", "project": "acme"}, "on", "This host (buildah) or AWS CodeBuild"),
        ({}, "on", "can run on"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    registry: Registry, admin: User, values: dict[str, str], field: str, wanted: str
) -> None:
    with pytest.raises(Invalid) as raised:
        set_build_place(registry, values=values, by=admin)
    assert [one.field for one in raised.value.errors] == [field]
    assert wanted in str(raised.value)


def test_members_may_not_change_it(registry: Registry, bob: User) -> None:
    with pytest.raises(NotAllowed):
        set_build_place(registry, values=CODEBUILD, by=bob)
    with pytest.raises(NotAllowed):
        check_build_place(registry, by=bob)


def test_nothing_changes_while_a_build_is_open(
    queued: Queue, registry: Registry, admin: User
) -> None:
    build = queued("RUN a")
    with pytest.raises(WrongState, match=f"{build} has not ended"):
        set_build_place(registry, values=CODEBUILD, by=admin)


def test_a_check_names_all_that_is_in_the_way(
    registry: Registry, admin: User, double: BuildsDouble
) -> None:
    assert "AWS CodeBuild can build in project images" in check_build_place(registry, by=admin)
    double.project("images", privileged=False)
    double.denied.add("StopBuild")
    with pytest.raises(Invalid) as raised:
        check_build_place(registry, by=admin)
    assert len(raised.value.errors) == 2
    assert "privileged mode" in str(raised.value)
    assert "codebuild:StopBuild" in str(raised.value)


def test_a_check_says_that_aws_or_the_registry_cannot_be_asked(
    registry: Registry, admin: User, double: BuildsDouble
) -> None:
    double.failures["BatchGetProjects"] = [THROTTLED, Failure(400, "UnrecognizedClientException")]
    with pytest.raises(Invalid, match="rejected the credentials"):
        check_build_place(registry, by=admin)
    Registry.objects.filter(pk=registry.pk).update(host="127.0.0.1:9")
    registry.refresh_from_db()
    with pytest.raises(Invalid, match=r"127\.0\.0\.1:9"):
        check_build_place(registry, by=admin)


def test_the_page_shows_what_is_saved_and_what_is_wrong(
    client: Client, registry: Registry, admin: User, research: Team
) -> None:
    client.force_login(admin)
    address = reverse("images:registry-builds", args=[registry.pk])
    page = client.get(address).content.decode()
    assert "AWS CodeBuild" in page
    assert 'value="images"' in page
    assert "SECRET" not in page
    refused = client.post(address, {"on": "codebuild", "project": "p q"})
    assert refused.status_code == 422
    assert "is not the name of a CodeBuild project" in refused.content.decode()
    saved = client.post(address, CODEBUILD, follow=True).content.decode()
    assert "run on: AWS CodeBuild" in saved
    checked = client.post(
        reverse("images:check-registry-builds", args=[registry.pk]), follow=True
    ).content.decode()
    assert "has no project other" in checked


def test_whether_repositories_are_created_is_chosen_for_ecr_alone(
    client: Client, registry: Registry, admin: User
) -> None:
    client.force_login(admin)
    address = reverse("images:registry-builds", args=[registry.pk])
    assert not creates_repositories(registry)
    client.post(address, {**CODEBUILD, "create_repositories": "on"})
    registry.refresh_from_db()
    assert creates_repositories(registry)
    box = 'name="create_repositories"'
    shown = client.get(address).content.decode()
    assert "checked" in shown.partition(box)[2].partition(">")[0]
    entry = AuditEntry.objects.filter(action="registry.builds_changed").latest("pk")
    assert entry.after["create_repositories"] == "yes"
    client.post(address, CODEBUILD)
    registry.refresh_from_db()
    assert not creates_repositories(registry)
    registry.settings["builds"]["create_repositories"] = "yes"
    registry.kind = "oci"
    registry.save()
    assert not creates_repositories(registry)
    assert box not in client.get(address).content.decode()
