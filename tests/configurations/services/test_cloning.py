"""A version is cloned to a cloud that the user may use."""

from __future__ import annotations

import pytest

from accounts.errors import NotFound
from accounts.models import Team, User
from clouds.models import Cloud
from clouds.services import share_cloud
from configurations.checks import check_text
from configurations.models import Draft, Version
from configurations.services.cloning import clone_version, preview_clone
from configurations.targets import target_for
from domain.problems import has_errors
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


@pytest.mark.parametrize(
    ("machine", "nearest", "words"),
    [
        ("g5.xlarge", "g2-standard-4", "1 × L4 (24 GiB) instead of 1 × A10G (22 GiB)"),
        ("g4dn.xlarge", "n1-standard-4+1xT4", "16 → 15 GiB"),
        ("p4de.24xlarge", "a2-ultragpu-8g", "1,152 → 1,360 GiB"),
        ("p4d.24xlarge", "a2-ultragpu-8g", "8 × A100 (80 GiB) instead of 8 × A100 (40 GiB)"),
        ("x99.unheard-of", "", ""),
    ],
)
def test_nearest_gpu_of_google_cloud(
    version: Version, alice: User, aws: Cloud, machine: str, nearest: str, words: str
) -> None:
    google = make_cloud("google", provider="gcp", region="us-central1")
    text = f"cloud: aws\nworker_nodes: [{{name: gpu, instance_type: {machine}, max_nodes: 2}}]\n"
    row = Version(template=version.template, number=9, text=text)
    gpu = preview_clone(row, cloud=google).machines[0]
    first = gpu.candidates[0]
    assert len(gpu.candidates) >= 3
    assert nearest in {"", first.value}
    assert any(words in difference for difference in ("", *first.differences))
    draft = clone_version(row, cloud=google, chosen={gpu.path: first.value}, by=alice)
    assert f"instance_type: {first.machine.name}" in draft.text
    assert ("guestAccelerators" in draft.text) == ("+" in first.value)
    assert not has_errors(check_text(draft.text, target=target_for(google)))


def test_hardware_that_the_cloud_does_not_have_is_chosen_too(
    version: Version, alice: User, aws: Cloud
) -> None:
    google = make_cloud("google", provider="gcp", region="us-central1")
    need = "required_resources: {CPU: 4, memory: 16Gi, GPU: 1, accelerator: A10G}"
    text = f"cloud: aws\nworker_nodes: [{{name: gpu, {need}, max_nodes: 2}}]\n"
    row = Version(template=version.template, number=9, text=text)
    [gpu] = preview_clone(row, cloud=google).machines
    assert gpu.candidates[0].machine.gpu_model == "L4"
    draft = clone_version(row, cloud=google, chosen={gpu.path: gpu.candidates[0].value}, by=alice)
    assert "required_resources" not in draft.text
