"""The library's templates are right where they are offered, and open as drafts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clouds.facts import target_of_facts
from configurations.library import LIBRARY, Ready
from configurations.models import Draft
from domain.catalogue.pod_shapes import shape_type
from domain.catalogue.region import RegionCatalogue, target_of
from domain.convert import ExportContext, Format, exported
from domain.estimate import estimate
from domain.offerings import ProviderKind, type_of
from domain.problems import Severity
from domain.validation import check_text
from domain.yaml.text import parse
from providers.local.offerings import local_offerings
from providers.registry import traits_of
from tests.cast import make_cloud

# Meant so: a lone head with a GPU takes work; a service waits for requests.
MEANT = {"llm-serving": {"never-ends"}}


def targets(kind: ProviderKind) -> list[RegionCatalogue]:
    if kind is ProviderKind.AWS:
        return [target_of_facts(kind, region=region) for region in ("us-east-1", "us-west-2")]
    if kind is ProviderKind.GCP:
        return [target_of_facts(kind, region="us-central1")]
    traits = traits_of(kind)
    if shapes := traits.default_shapes:
        return [target_of([s for name in shapes if (s := shape_type(name))], traits=traits)]
    return [target_of([type_of(one) for one in local_offerings("")], traits=traits)]


def test_there_is_one_for_each_provider_and_nine_in_all() -> None:
    assert len(LIBRARY) == 9
    assert {one.provider for one in LIBRARY} == set(ProviderKind) - {ProviderKind.FAKE}


@pytest.mark.parametrize("one", LIBRARY, ids=lambda one: one.key)
def test_ready_template_has_no_error_and_no_warning(one: Ready) -> None:
    for target in targets(one.provider):
        found = check_text(one.text_for("mine"), target=target)
        bad = {p.code for p in found if p.severity is not Severity.HINT}
        assert bad <= MEANT.get(one.key, set()), [p.message for p in found]


@pytest.mark.parametrize(
    "one", [one for one in LIBRARY if one.provider in {ProviderKind.AWS, ProviderKind.GCP}],
    ids=lambda one: one.key,
)  # fmt: skip
def test_ready_template_is_priced(one: Ready) -> None:
    config = parse(one.text_for("mine")).config
    assert config is not None
    for target in targets(one.provider):
        assert estimate(config, target=target).most is not None


@pytest.mark.parametrize("one", LIBRARY, ids=lambda one: one.key)
def test_ready_template_can_be_exported(one: Ready) -> None:
    config = parse(one.text_for("mine")).config
    assert config is not None
    setting = ExportContext(name="x", target=targets(one.provider)[0])
    assert "workerGroupSpecs" in exported(config, Format.KUBERAY, setting).text


@pytest.mark.django_db
def test_page_prices_it_for_the_users_cloud_and_using_it_opens_a_draft(
    alice: User, research: Any
) -> None:
    make_cloud("prod", provider="aws", region="us-west-2", team=research)
    client = Client()
    client.force_login(alice)
    shown = client.get(reverse("configurations:library"), {"provider": "aws"}).text
    assert "on prod, us-west-2" in shown
    assert "GPUs on Kubernetes" not in shown
    answer = client.post(reverse("configurations:use-template", args=["cpu-batch"]))
    draft = Draft.objects.get()
    assert answer.headers["Location"] == reverse("configurations:draft", args=[draft.pk])
    assert "cloud: prod" in draft.text
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.django_db
def test_template_that_the_library_has_not_is_not_found(alice: User, research: Any) -> None:
    client = Client()
    client.force_login(alice)
    assert client.post(reverse("configurations:use-template", args=["nothing"])).status_code == 404
