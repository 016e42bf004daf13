"""Versions are immutable, identical saves are recognised, and nobody overwrites silently."""

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import Invalid, WrongState
from accounts.models import User
from clusters.models import Cluster
from configurations.models import Version
from configurations.services.templates import NewerVersion, save_version
from configurations.services.versions import archive_version, unarchive_version

pytestmark = pytest.mark.django_db


def test_database_refuses_to_change_or_delete_a_version(version: Version) -> None:
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(message="Better.")
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        version.delete()


def test_saving_makes_the_next_number(version: Version, alice: User) -> None:
    text = version.text.replace("max_nodes: 4", "max_nodes: 5")
    saved = save_version(version.template, text=text, base=1, message="More.", by=alice)
    assert (saved.version.number, saved.is_new) == (2, True)


def test_saving_the_same_makes_no_version(version: Version, alice: User) -> None:
    saved = save_version(version.template, text=version.text, base=1, message="x", by=alice)
    assert (saved.version, saved.is_new) == (version, False)


def test_second_of_two_editors_is_told_of_the_first(version: Version, alice: User) -> None:
    text = version.text.replace("max_nodes: 4", "max_nodes: 5")
    first = save_version(version.template, text=text, base=1, message="More.", by=alice)
    with pytest.raises(NewerVersion) as refusal:
        save_version(version.template, text=version.text, base=1, message="Old.", by=alice)
    assert refusal.value.latest == first.version
    assert version.template.versions.count() == 2


def test_invalid_text_is_never_saved(version: Version, alice: User) -> None:
    with pytest.raises(Invalid):
        save_version(version.template, text="head_node: 3", base=1, message="x", by=alice)


def test_version_that_a_cluster_runs_is_not_archived(cluster: Cluster, alice: User) -> None:
    with pytest.raises(WrongState, match=r"train:1 is in use by one\. Terminate it first\."):
        archive_version(cluster.version, by=alice)
    cluster.version.refresh_from_db()
    assert cluster.version.archived_at is None


def test_archived_version_comes_back(version: Version, alice: User) -> None:
    archive_version(version, by=alice)
    version.refresh_from_db()
    assert version.archived_at
    unarchive_version(version, by=alice)
    version.refresh_from_db()
    assert version.archived_at is None


def test_the_same_save_again_makes_no_second_version(version: Version, alice: User) -> None:
    template = version.template
    text = version.text + "# More.\n"
    saved, again = (
        save_version(template, text=text, base=1, message="More.", by=alice) for _ in range(2)
    )
    assert (again.version, again.is_new) == (saved.version, True)
    assert template.versions.count() == 2
    for other, message in ((f"{text}# Yet more.\n", "More."), (text, "Other words.")):
        with pytest.raises(NewerVersion):
            save_version(template, text=other, base=1, message=message, by=alice)
