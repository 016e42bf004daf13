"""How the driver signs in: keys, a profile, a role with an external id, or as its host does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mobula.demo_cloud.aws.world import World
from providers.base import BadCredentials, Unreachable
from tests.providers.aws.conftest import CLUSTER, KEYS, Open, head

ROLE = "arn:aws:iam::123456789012:role/mobula"


def test_keys_sign_in(open_aws: Open) -> None:
    assert open_aws().verify() == "123456789012 (user/AKIAIOSFODNN7EXAMPLE)"


def test_a_profile_signs_in(
    open_aws: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "credentials"
    path.write_text("[team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = hunter2\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    assert open_aws({"profile": "team"}).verify() == "123456789012 (user/AKIATEAM)"


def test_a_profile_that_does_not_exist_is_told(open_aws: Open) -> None:
    with pytest.raises(BadCredentials, match="profile"):
        open_aws({"profile": "nobody"}).verify()


def test_the_host_signs_in_by_itself(open_aws: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHOST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    assert open_aws({}).verify() == "123456789012 (user/AKIAHOST)"


def test_without_credentials_nobody_is_asked(open_aws: Open, world: World) -> None:
    with pytest.raises(BadCredentials, match="no AWS credentials"):
        open_aws({}).verify()
    assert not world.calls


def test_a_role_is_assumed_once_and_again_before_it_expires(open_aws: Open, world: World) -> None:
    world.roles[ROLE] = "shared"
    world.clock = time.time
    driver = open_aws(KEYS | {"role_arn": ROLE, "external_id": "shared"})
    driver.prepare(CLUSTER)
    driver.launch(CLUSTER, [head()])
    assert "ASIA" in driver.verify()
    assert world.count()["AssumeRole"] == 1
    [asked] = world.called("AssumeRole")
    assert (asked["ExternalId"], asked["RoleSessionName"]) == ("shared", "mobula")
    world.session_seconds = 60  # less than botocore wants to have left: it asks each time
    other = open_aws(KEYS | {"role_arn": ROLE, "external_id": "shared"})
    other.verify()
    other.verify()
    assert world.count()["AssumeRole"] >= 3


def test_a_wrong_external_id_is_refused(open_aws: Open, world: World) -> None:
    world.roles[ROLE] = "shared"
    driver = open_aws(KEYS | {"role_arn": ROLE, "external_id": "guessed"})
    with pytest.raises(BadCredentials) as error:
        driver.verify()
    assert "guessed" not in str(error.value)


def test_keys_that_aws_does_not_know_are_refused_everywhere(open_aws: Open, world: World) -> None:
    world.refused_keys.add(KEYS["access_key_id"])
    driver = open_aws()
    with pytest.raises(BadCredentials):
        driver.verify()
    with pytest.raises(BadCredentials):
        driver.prepare(CLUSTER)
    with pytest.raises(BadCredentials):
        driver.observe(CLUSTER)
    assert not any(KEYS["secret_access_key"] in repr(call) for call in world.calls)


def test_an_account_that_is_not_there_is_unreachable(
    open_aws: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unreachable):
        open_aws(endpoint="http://127.0.0.1:9").verify()


def test_an_account_that_does_not_answer_is_given_up_in_time(
    open_aws: Open, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.aws.client.ACCOUNT_READ_SECONDS", 0.1)
    monkeypatch.setattr("providers.aws.calls.PATIENCE_SECONDS", 0.3)
    world.latency = 2
    driver = open_aws()
    driver._clients.client("sts")  # to make one takes a moment
    began = time.monotonic()
    with pytest.raises(Unreachable, match="in time"):
        driver.verify()
    assert time.monotonic() - began < 2
