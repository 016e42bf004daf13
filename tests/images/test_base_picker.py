"""The base of a new image is chosen among what there is; what there is not is said."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from images.catalogue import Wanted, base_images, find, offered
from images.forms.base_picker import BasePickerForm


def choices(form: BasePickerForm, field: str) -> list[str]:
    return [value for value, _ in form.fields[field].choices if value]


def picked(**wanted: str) -> BasePickerForm:
    return BasePickerForm({f"pick-{name}": value for name, value in wanted.items()})


def test_newest_of_rays_own_images_is_best() -> None:
    form = picked()
    assert form.best.startswith("rayproject/ray:")
    assert form.images[0].ray_version == base_images()[0].ray_version
    assert form.images[0].accelerator == "cpu"
    assert len(form.images) == len(base_images())


def test_each_field_offers_what_there_is_beside_the_others() -> None:
    form = picked(ray="2.8.0")
    assert choices(form, "python") == ["3.11", "3.10", "3.9", "3.8"]
    assert "cu128" not in choices(form, "accelerator")
    assert "2.60.0" in choices(form, "ray")
    narrowed = picked(ray="2.8.0", python="3.8", accelerator="cu118", variant="standard")
    assert [image.uri for image in narrowed.images] == ["anyscale/ray:2.8.0-py38-cu118"]
    assert not any(choices(narrowed, name) == [] for name in ("ray", "python", "accelerator"))


def test_every_choice_that_is_offered_leads_to_an_image() -> None:
    wanted = Wanted(python="3.12", accelerator="cu121")
    found = offered(wanted)
    assert found["ray"]
    for version in found["ray"]:
        assert find(Wanted(ray=version, python="3.12", accelerator="cu121"))


def test_machines_with_gpus_get_cuda_and_others_none() -> None:
    assert all(image.has_cuda for image in picked(machines="gpu").images)
    assert "cpu" not in choices(picked(machines="gpu"), "accelerator")
    assert {image.accelerator for image in picked(machines="cpu").images} == {"cpu"}
    newest = picked(machines="gpu", ray="2.60.0")
    assert newest.images[0].accelerator.removeprefix("cu").isdecimal()


def test_arm_has_no_base_but_a_way() -> None:
    form = picked(machines="arm64")
    assert form.best == ""
    assert "No base image in the list is for arm64." in form.note
    assert "install ray[default]==2.60.0" in form.note
    assert "ray[default]==2.50.0" in picked(machines="arm64", ray="2.50.0").note


def test_what_there_is_not_is_named() -> None:
    form = picked(ray="2.8.0", accelerator="cu128")
    assert form.best == ""
    assert form.note == ("No base image has Ray 2.8.0, CUDA 12.8. Select Any in one of the fields.")
    assert "cu128" in choices(form, "accelerator")  # it stays chosen


@pytest.mark.django_db
def test_page_brings_the_base_that_fits(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("images:new-image")).content.decode()
    assert 'id="base-picker"' in page
    assert page.count('name="base"') == 1
    asked = {"pick-ray": "2.8.0", "pick-python": "3.8", "pick-accelerator": "cu118", "base": "x"}
    part = client.get(reverse("images:pick-base"), asked).content.decode()
    assert 'value="anyscale/ray:2.8.0-py38-cu118"' in part
    assert "1 base image fits." in part
    gpus = client.get(reverse("images:new-image"), {"pick-machines": "gpu"}).content.decode()
    assert f'value="{picked(machines="gpu").best}"' in gpus
    kept = client.get(reverse("images:pick-base"), {"pick-machines": "arm64", "base": "own:1"})
    assert 'value="own:1"' in kept.content.decode()
    odd = client.get(reverse("images:pick-base"), {"pick-ray": "<b>", "pick-machines": "moon"})
    assert odd.status_code == 200
    assert "<b>" not in odd.content.decode()


@pytest.mark.django_db
def test_dockerfile_is_written_with_the_base(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    base = picked(machines="gpu", ray="2.60.0").best
    posted = {"write": "1", "base": base, "pick-machines": "gpu", "pick-ray": "2.60.0"}
    shown = client.post(reverse("images:new-image"), posted).content.decode()
    assert f"FROM {base}" in shown
    assert '<option value="gpu" selected>' in shown
