"""The catalogue of Ray releases and base images: what it knows, and what it owns up not to know."""

from __future__ import annotations

from datetime import date

import pytest

from images.catalogue import (
    Wanted,
    accelerator_label,
    base_images,
    choices,
    doubt,
    find,
    in_order,
    release,
    releases,
)


def tags(**wanted: str) -> list[str]:
    return [image.uri for image in find(Wanted(**wanted))]


def test_every_row_of_the_files_is_read() -> None:
    assert (len(releases()), len(base_images())) == (60, 2126)


def test_release_has_its_day_and_its_pythons() -> None:
    newest = releases()[0]
    assert (newest.version, newest.released) == ("2.60.0", date(2026, 11, 4))
    assert newest.pythons == ("3.10", "3.11", "3.12", "3.13", "3.14")
    assert newest.has_arm_wheels
    assert "cu128" in newest.cuda_tags


def test_unknown_release_is_none_and_unknown_cuda_is_empty() -> None:
    assert release("9.9.9") is None
    between = release("2.52.0")
    assert between
    assert between.cuda_tags == ()


def test_every_address_is_there_once() -> None:
    uris = [image.uri for image in base_images()]
    assert len(set(uris)) == len(uris)
    assert all(uri.count(":") == 1 and " " not in uri for uri in uris)


def test_every_image_is_of_a_known_release_and_of_a_python_it_has_wheels_for() -> None:
    for image in base_images():
        known = release(image.ray_version)
        assert known, image.uri
        assert image.released == known.released
        if image.quality == "derived":
            assert image.python in known.pythons, image.uri


def test_every_quality_has_a_source() -> None:
    assert {image.quality for image in base_images()} == {"listed", "derived"}
    assert all(image.source != image.quality for image in base_images())


def test_newest_ray_comes_first_by_number() -> None:
    versions = [in_order(image.ray_version) for image in base_images()]
    assert versions == sorted(versions, reverse=True)
    assert choices("ray_version")[-3:] == ("2.9.0", "2.8.1", "2.8.0")
    assert choices("python")[0] == "3.14"


def test_images_are_found_by_what_they_are() -> None:
    assert tags(ray="2.49.1", python="3.12", accelerator="cu128", repository="anyscale/ray") == [
        "anyscale/ray:2.49.1-py312-cu128",
        "anyscale/ray:2.49.1-slim-py312-cu128",
    ]
    assert tags(ray="2.49.1", python="3.12", accelerator="cpu", repository="rayproject/ray") == [
        "rayproject/ray:2.49.1-py312-cpu"
    ]


def test_any_cuda_is_every_version_and_the_unnamed_one() -> None:
    found = find(Wanted(ray="2.60.0", python="3.12", accelerator="cuda"))
    assert {"gpu", "cu117", "cu130"} <= {image.accelerator for image in found}
    assert not {"cpu", "tpu"} & {image.accelerator for image in found}


def test_words_may_stand_anywhere_in_the_address() -> None:
    assert tags(text="2.60.0 PY312 tpu") == ["rayproject/ray:2.60.0-py312-tpu"]
    assert all("ray-llm" in uri for uri in tags(text="llm"))
    assert tags(text="no-such") == []


def test_slim_images_are_apart() -> None:
    assert {image.variant for image in find(Wanted(variant="slim"))} == {"slim"}


@pytest.mark.parametrize(
    ("accelerator", "label"),
    [
        ("cu128", "CUDA 12.8"),
        ("cu117", "CUDA 11.7"),
        ("cpu", "CPU"),
        ("tpu", "TPU"),
        ("gpu", "CUDA, unspecified"),
        ("rocm", "rocm"),
    ],
)
def test_accelerator_has_words(accelerator: str, label: str) -> None:
    assert accelerator_label(accelerator) == label


def test_ray_and_python_that_go_together_raise_no_doubt() -> None:
    assert doubt("2.60.0", "3.13.2") == ""
    assert doubt("2.8.0", "3.8") == ""


@pytest.mark.parametrize(
    ("ray", "python", "said"),
    [
        (
            "9.9.9",
            "3.13",
            "Ray 9.9.9 is not a release that Mobula knows (2.8.0 to 2.60.0)",
        ),
        ("nightly", "", "Ray nightly is not a release"),
        ("2.52.0", "3.9.1", "no wheel for Python 3.9, only for 3.10, 3.11, 3.12, 3.13"),
    ],
)
def test_ray_without_a_wheel_is_doubted_with_a_next_step(ray: str, python: str, said: str) -> None:
    assert said in doubt(ray, python)
    assert "Check" in doubt(ray, python)
