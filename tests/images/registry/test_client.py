"""A real registry is asked for its images, with and without a password."""

from __future__ import annotations

import json

import pytest

from providers.errors import BadCredentials, InvalidRequest
from providers.oci import Password, RegistryClient, describe
from providers.oci.client import NoSuchImage
from tests.images.registry.server import ACCOUNT, RAY, Server


def test_image_is_described_by_its_digest(open_registry: Server) -> None:
    pushed = open_registry.push("ml/train", "1", labels={"team": "ml"})
    client = RegistryClient(open_registry.host, "ml/train")
    for reference in ("1", pushed):
        found = describe(client, reference)
        assert found.digest == pushed
        [platform] = found.platforms
        assert (platform.os, platform.architecture, platform.digest) == ("linux", "amd64", pushed)
        assert platform.size > 300  # the configuration and the packed layer
        assert tuple(found.environment) == RAY
        assert found.labels == {"team": "ml"}
        assert found.created
        assert found.created.isoformat() == "2026-11-01T10:00:00.123456+00:00"
    assert client.digest_of("1") == pushed


def test_index_lists_its_platforms_and_leaves_out_attestations(open_registry: Server) -> None:
    arm = open_registry.push("ml/both", "arm", architecture="arm64", environment=("A=1",))
    amd = open_registry.push("ml/both", "amd")
    extra = open_registry.push("ml/both", "sbom", layer=b"sbom")
    index = open_registry.push_index("ml/both", "1", {"arm64": arm, "amd64": amd, "unknown": extra})
    found = describe(RegistryClient(open_registry.host, "ml/both"), "1")
    assert found.digest == index
    assert [(one.architecture, one.digest) for one in found.platforms] == [
        ("arm64", arm),
        ("amd64", amd),
    ]
    # What it says of itself is that of the usual platform.
    assert tuple(found.environment) == RAY


def test_tag_that_is_not_there_is_named(open_registry: Server) -> None:
    open_registry.push("ml/train", "1")
    client = RegistryClient(open_registry.host, "ml/train")
    with pytest.raises(NoSuchImage, match=r"has no image ml/train:9\. Check the repository"):
        describe(client, "9")
    assert client.digest_of("9") == ""


def test_tag_that_moves_has_another_digest(open_registry: Server) -> None:
    first = open_registry.push("ml/moves", "stable")
    client = RegistryClient(open_registry.host, "ml/moves")
    assert client.digest_of("stable") == first
    second = open_registry.push("ml/moves", "stable", layer=b"another")
    assert client.digest_of("stable") == second != first


def test_password_opens_a_closed_registry(closed_registry: Server) -> None:
    pushed = closed_registry.push("ml/train", "1")
    login = Password(ACCOUNT)
    client = RegistryClient(closed_registry.host, "ml/train", login=login)
    assert describe(client, "1").digest == pushed
    RegistryClient(closed_registry.host, "", login=login).sign_in()


@pytest.mark.parametrize(
    ("login", "said"),
    [("ci:wrong", "does not accept the credentials"), ("", "Add a registry for 127.0.0.1")],
)
def test_wrong_password_is_refused_without_being_told(
    closed_registry: Server, login: str, said: str
) -> None:
    client = RegistryClient(closed_registry.host, "ml/train", login=Password(login))
    with pytest.raises(BadCredentials, match=said) as refusal:
        describe(client, "1")
    assert "wrong" not in str(refusal.value)
    with pytest.raises(BadCredentials):
        client.sign_in()


def test_what_was_altered_on_disk_is_not_believed(open_registry: Server) -> None:
    """The registry itself verifies less than the client does."""
    pushed = open_registry.push("ml/altered", "1", layer=b"to be altered")
    client = RegistryClient(open_registry.host, "ml/altered")
    config = str(client.manifest(pushed).content["config"]["digest"]).removeprefix("sha256:")
    blobs = open_registry.directory / "docker/registry/v2/blobs/sha256"
    path = blobs / config[:2] / config / "data"
    content = json.loads(path.read_bytes())
    content["config"]["Env"][1] = "RAY_VERSION=9.9.9"
    path.write_bytes(json.dumps(content).encode())
    with pytest.raises(InvalidRequest, match="does not have the digest"):
        describe(client, "1")
