"""Image URIs are read by Docker's grammar; what images say of themselves is believed in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.images.registry_hosts import ecr_region, wrong_artifact_registry_host
from domain.images.uri import ImageUri, WrongImageUri, read_uri, wrong_host, wrong_prefix
from domain.images.versions_inside import VersionsInside, versions_inside, wrong_version

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag", "digest"),
    [
        ("ray", "docker.io", "library/ray", "", ""),
        ("rayproject/ray:2.9", "docker.io", "rayproject/ray", "2.9", ""),
        ("index.docker.io/rayproject/ray", "docker.io", "rayproject/ray", "", ""),
        ("localhost/ray", "localhost", "ray", "", ""),
        ("127.0.0.1:5000/a/b:1", "127.0.0.1:5000", "a/b", "1", ""),
        (f"r.example.org/ml/train:1@{DIGEST}", "r.example.org", "ml/train", "1", DIGEST),
        ("[::1]:5000/a__b/c---d", "[::1]:5000", "a__b/c---d", "", ""),
    ],
)
def test_uri_says_where_the_image_is(
    text: str, host: str, repository: str, tag: str, digest: str
) -> None:
    found = read_uri(f" {text}\n")
    assert found == ImageUri(host=host, repository=repository, tag=tag, digest=digest)
    assert read_uri(str(found)) == found
    assert found.reference == (digest or tag or "latest")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Enter an image URI such as"),
        ("https://r.example.org/x", "starts with a protocol"),
        ("r.example.org/Train:1", "has 'Train' in the name of its repository"),
        ("train:", "has the tag ''"),
        ("train:a:b", "has the tag 'a:b'"),
        (f"train:{'a' * 129}", "is not 1 to 128 letters"),
        ("train@sha256:12", "has the digest 'sha256:12'"),
        (f"train@md5:{'a' * 64}", "has the digest"),
        ("r.example.org:99999/x", "has the registry 'r.example.org:99999'"),
        ("-r.example.org/x", "has the registry"),
        ("a//b", "has '' in the name"),
        ("a..b/c", "which is not a host"),
        (f"r.example.org/{'a' * 256}", "longer than 255"),
        ("x" * 501, "longer than 500"),
    ],
)
def test_wrong_uri_is_named_with_its_part_and_the_form(text: str, said: str) -> None:
    with pytest.raises(WrongImageUri) as error:
        read_uri(text)
    assert said in str(error.value)
    assert "registry.example.org/ml/train:1.4" in str(error.value)


@given(st.text(max_size=80))
def test_any_text_is_read_again_as_it_was_or_refused(text: str) -> None:
    try:
        found = read_uri(text)
    except WrongImageUri:
        return
    assert read_uri(str(found)) == found
    assert not set(str(found)) & set(" \n\t\"'?#%")


@pytest.mark.parametrize("host", ["docker.io", "r.example.org:443", "localhost", "[::1]:5000"])
def test_hosts(host: str) -> None:
    assert wrong_host(host) == ""
    assert wrong_host(f"https://{host}")
    assert wrong_host(f"{host}/path")


def test_prefixes_and_hosts_of_clouds() -> None:
    assert wrong_prefix("") == wrong_prefix("ml/images") == ""
    assert wrong_prefix("ML")
    assert wrong_prefix("a//b")
    assert ecr_region("123456789012.dkr.ecr.eu-west-1.amazonaws.com") == "eu-west-1"
    assert ecr_region("dkr.ecr.eu-west-1.amazonaws.com.evil.org") == ""
    assert wrong_artifact_registry_host("europe-west4-docker.pkg.dev") == ""
    assert wrong_artifact_registry_host("docker.pkg.dev.evil.org")


def inside(
    tag: str = "",
    *,
    repository: str = "rayproject/ray",
    labels: dict[str, str] | None = None,
    environment: tuple[str, ...] = (),
) -> VersionsInside:
    return versions_inside(
        labels=labels or {}, environment=environment, repository=repository, tag=tag
    )


@pytest.mark.parametrize(
    ("tag", "ray", "python", "cuda"),
    [
        ("2.60.0-py310-cpu", "2.60.0", "3.10", ""),
        ("2.49.1-slim-py312-cu128", "2.49.1", "3.12", "12.8"),
        ("2.9.0.a1b2c3-py39-gpu", "2.9.0", "3.9", ""),
        ("2.60.0-py310-cu118-aarch64", "2.60.0", "3.10", "11.8"),
        ("nightly-py310", "", "", ""),
        ("latest", "", "", ""),
    ],
)
def test_tags_of_rays_own_images(tag: str, ray: str, python: str, cuda: str) -> None:
    assert inside(tag) == VersionsInside(ray=ray, python=python, cuda=cuda)
    assert inside(tag, repository="evil/ray") == VersionsInside()


def test_labels_go_before_the_environment_and_that_before_the_tag() -> None:
    environment = ("RAY_VERSION=2.8.0", "PYTHON_VERSION=3.11.2", "NO_VALUE", "X==")
    found = inside("2.9.0-py39", labels={"io.ray.version": "v2.7.0"}, environment=environment)
    assert found == VersionsInside(ray="2.7.0", python="3.11.2")
    assert inside("2.9.0-py39", environment=("RAY_VERSION=<script>",)).ray == "2.9.0"
    assert wrong_version("2.50.0") == ""
    assert "“latest” is not a version" in wrong_version("latest")
