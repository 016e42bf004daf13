"""The agent's connection tells a refusal from an outage."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from agent.link import (
    LONGEST_BACKOFF,
    Link,
    Refused,
    TooLarge,
    Unreachable,
    backoff,
    read_answer,
)
from tests.agent.mobula_double import MobulaDouble

BODY: dict[str, Any] = {"seq": 3, "jobs": [], "samples": [], "logs": [], "results": []}


@pytest.fixture
def mobula() -> Iterator[MobulaDouble]:
    """A Mobula that listens."""
    with MobulaDouble(token="right") as double:
        yield double


def test_an_answer_is_understood(mobula: MobulaDouble) -> None:
    mobula.order("7", "drain", node="w1")
    answer = Link(mobula.url, token="right").send(BODY)
    assert (answer.interval, answer.jobs_acked, answer.samples_acked) == (1.0, True, 3)
    assert answer.commands == [{"id": "7", "kind": "drain", "node": "w1"}]


def test_a_large_body_arrives_as_it_was(mobula: MobulaDouble) -> None:
    body = {**BODY, "errors": ["é" * 20_000]}
    Link(mobula.url, token="right").send(body)
    assert mobula.syncs == [body]


@pytest.mark.parametrize("code", [401, 403, 410])
def test_a_final_answer_is_a_refusal(mobula: MobulaDouble, code: int) -> None:
    mobula.answer_code = code
    with pytest.raises(Refused) as refused:
        Link(mobula.url, token="right").send(BODY)
    assert refused.value.code == code


def test_a_wrong_token_is_a_refusal_that_does_not_show_it(mobula: MobulaDouble) -> None:
    with pytest.raises(Refused) as refused:
        Link(mobula.url, token="guessed").send(BODY)
    assert "guessed" not in str(refused.value)


@pytest.mark.parametrize("code", [400, 404, 413, 422, 429, 500, 502, 503])
def test_any_other_answer_is_an_outage(mobula: MobulaDouble, code: int) -> None:
    mobula.answer_code = code
    with pytest.raises(Unreachable, match=str(code)):
        Link(mobula.url, token="right").send(BODY)


def test_a_mobula_that_does_not_listen_is_an_outage() -> None:
    with pytest.raises(Unreachable):
        Link("http://127.0.0.1:9", token="right").send(BODY)


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"{}", b'{"interval":"soon","commands":[]}'])
def test_an_answer_of_somebody_else_is_an_outage(content: bytes) -> None:
    with pytest.raises(Unreachable):
        read_answer(content)


@pytest.mark.parametrize(("asked", "kept"), [(0.0, 0.2), (2.5, 2.5), (900, 30.0)])
def test_the_interval_stays_within_bounds(asked: float, kept: float) -> None:
    assert read_answer(json.dumps({"interval": asked, "commands": []}).encode()).interval == kept


@pytest.mark.parametrize("failures", [1, 2, 5, 1000])
def test_the_wait_after_failures_is_bounded(failures: int) -> None:
    waits = {backoff(failures) for _ in range(100)}
    assert len(waits) > 1
    assert min(waits) >= 1.0
    assert max(waits) <= min(LONGEST_BACKOFF, 2.0**failures)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("", 0.0), ("soon", 0.0), ("-5", 0.0), ("99999", 120.0)]
)
def test_mobula_says_how_long_to_stay_away(
    mobula: MobulaDouble, header: str, seconds: float
) -> None:
    mobula.answer_code, mobula.retry_after = 429, header
    with pytest.raises(Unreachable) as unreachable:
        Link(mobula.url, token="right").send(BODY)
    assert unreachable.value.retry_after == seconds
    assert backoff(1, at_least=seconds) >= seconds + 1.0


def test_a_sync_that_is_too_large_is_told_apart(mobula: MobulaDouble) -> None:
    mobula.answer_code = 413
    with pytest.raises(TooLarge):
        Link(mobula.url, token="right").send(BODY)


def test_the_cluster_is_named_in_a_header(mobula: MobulaDouble) -> None:
    Link(mobula.url, token="right", cluster="c1").send(BODY)
    assert mobula.headers["X-Mobula-Cluster"] == "c1"
