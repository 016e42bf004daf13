"""One call of AWS: how often it is tried, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from providers.aws.calls import MOST_ATTEMPTS, PATIENCE_SECONDS, Calls
from providers.base import (
    CapacityUnavailable,
    InvalidRequest,
    ProviderError,
    Throttled,
    Unreachable,
)


class Client:
    """Answers a list after so many errors; each call takes so long."""

    def __init__(self, *errors: Exception, seconds: float = 0) -> None:
        self.errors, self.seconds = list(errors), seconds
        self.now, self.pauses, self.asked = 0.0, [], []  # type: ignore[var-annotated]

    def list_things(self, **parameters: Any) -> dict[str, Any]:
        self.asked.append(parameters)
        self.now += self.seconds
        if self.errors:
            raise self.errors.pop(0)
        more = {"": ("a", "2"), "2": ("b", "3"), "3": ("c", None)}
        thing, token = more[parameters.get("NextToken", "")]
        return {"Things": [thing], **({"NextToken": token} if token else {})}

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    @property
    def calls(self) -> Calls:
        return Calls("EC2", lambda: self, clock=lambda: self.now, sleep=self.sleep)


def answer(code: str, status: int = 400) -> ClientError:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "ListThings")  # type: ignore[arg-type]


def test_haste_is_answered_by_longer_and_longer_pauses() -> None:
    client = Client(*[answer("RequestLimitExceeded", 503)] * 3)
    assert client.calls("list_things")["Things"] == ["a"]
    first, second, third = client.pauses
    assert 0 < first < second < third < 4


def test_what_lasts_is_raised() -> None:
    client = Client(*[answer("Throttling")] * 99)
    with pytest.raises(Throttled):
        client.calls("list_things")
    assert len(client.asked) == MOST_ATTEMPTS


def test_slow_failures_are_not_repeated_for_ever() -> None:
    timeout = ReadTimeoutError(endpoint_url="http://ec2")
    client = Client(*[timeout] * 99, seconds=PATIENCE_SECONDS)
    with pytest.raises(Unreachable):
        client.calls("list_things")
    assert len(client.asked) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InsufficientInstanceCapacity", CapacityUnavailable),
        ("InvalidParameterValue", InvalidRequest),
        ("DependencyViolation", Throttled),
    ],
)
def test_what_another_call_cannot_mend_is_raised_at_once(
    code: str, error: type[ProviderError]
) -> None:
    client = Client(answer(code, 500))
    with pytest.raises(error):
        client.calls("list_things")
    assert len(client.asked) == 1


def test_every_page_is_read_and_each_is_tried_again() -> None:
    client = Client(answer("InternalError", 500))
    assert list(client.calls.pages("list_things", "Things", Filters=[])) == ["a", "b", "c"]
    assert [one.get("NextToken") for one in client.asked] == [None, None, "2", "3"]
