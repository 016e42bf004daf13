"""Amazon ECR lends a password for twelve hours: asked for once, and again before it ends."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from providers.aws.client import Clients
from providers.aws.containers.ecr import EcrLogin
from providers.errors import BadCredentials, Unreachable

_KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "secret"}
NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def stubber(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client(
        "ecr", region_name="us-east-1", aws_access_key_id="A" * 20, aws_secret_access_key="x"
    )
    monkeypatch.setattr(Clients, "client", lambda *_, **__: client)
    with Stubber(client) as stubber:
        yield stubber


def answer(password: str, *, expires: datetime) -> dict[str, object]:
    token = base64.b64encode(f"AWS:{password}".encode()).decode()
    return {"authorizationData": [{"authorizationToken": token, "expiresAt": expires}]}


def test_token_is_shared_until_six_hours_before_it_ends(stubber: Stubber) -> None:
    clock = Clock()
    login = EcrLogin(region="us-east-1", credentials=_KEYS, clock=clock)
    for number in (1, 2):
        until = NOW + timedelta(hours=12 * number)
        stubber.add_response("get_authorization_token", answer(f"t{number}", expires=until), {})
    assert login.password() == "AWS:t1"
    clock.now = NOW + timedelta(hours=5, minutes=59)
    assert login.password() == "AWS:t1"
    clock.now = NOW + timedelta(hours=6, minutes=1)
    assert login.password() == "AWS:t2"
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "raised"),
    [("UnrecognizedClientException", BadCredentials), ("ServerException", Unreachable)],
)
def test_refusals_are_told(stubber: Stubber, code: str, raised: type[Exception]) -> None:
    tries = 1 if raised is BadCredentials else 4
    for _ in range(tries):
        stubber.add_client_error("get_authorization_token", code, http_status_code=400)
    login = EcrLogin(region="us-east-1", credentials=_KEYS)
    with pytest.raises(raised, match="Amazon ECR"):
        login.password()


@pytest.mark.parametrize(
    "data", [[], [{"authorizationToken": "no base64!", "expiresAt": NOW}], [{"expiresAt": NOW}]]
)
def test_answer_without_a_token(stubber: Stubber, data: list[dict[str, object]]) -> None:
    stubber.add_response("get_authorization_token", {"authorizationData": data}, {})
    login = EcrLogin(region="us-east-1", credentials=_KEYS)
    with pytest.raises(BadCredentials, match="ecr:GetAuthorizationToken"):
        login.password()
