"""A command is carried out once, however often it is listed."""

import threading
from typing import Any

import pytest

from agent.commands import Actions, CommandDesk, Outcome
from agent.head.dashboard import Dashboard
from agent.head.gcs import Drained

DRAIN: dict[str, Any] = {"id": "1", "kind": "drain"}


class Desk:
    """A command desk whose commands are counted and end when the test waits for them."""

    def __init__(self) -> None:
        self.carried_out: list[str] = []
        self._ended = threading.Semaphore(0)
        self.desk = CommandDesk(self._carry_out, news=self._ended.release)

    def _carry_out(self, command: dict[str, Any]) -> Outcome:
        self.carried_out.append(command["id"])
        return Outcome(True, "done")

    def receive(self, *commands: dict[str, Any], ends: int) -> None:
        """Hand commands in with the results told so far, and wait until ``ends`` have ended."""
        self.desk.receive(list(commands), told=self.desk.results())
        for _ in range(ends):
            assert self._ended.acquire(timeout=10)


def test_a_command_listed_twice_is_carried_out_once() -> None:
    desk = Desk()
    desk.receive(DRAIN, ends=1)
    desk.receive(DRAIN, ends=0)
    assert desk.carried_out == ["1"]
    assert desk.desk.results() == [{"id": "1", "ok": True, "message": "done", "body": {}}]


def test_a_result_is_told_until_its_command_is_listed_no_more() -> None:
    desk = Desk()
    desk.receive(DRAIN, ends=1)
    assert desk.desk.has_news()
    desk.receive(DRAIN, ends=0)
    assert desk.desk.results()
    assert not desk.desk.has_news()
    desk.receive(ends=0)
    assert desk.desk.results() == []


def test_a_result_that_was_never_told_outlives_a_list_without_it() -> None:
    desk = Desk()
    desk.receive(DRAIN, ends=1)
    desk.desk.receive([], told=[])
    assert [result["id"] for result in desk.desk.results()] == ["1"]


def test_a_command_that_comes_back_late_is_not_repeated() -> None:
    desk = Desk()
    desk.receive(DRAIN, ends=1)
    desk.receive(ends=0)
    desk.receive(DRAIN, {"id": "2", "kind": "drain"}, ends=1)
    assert desk.carried_out == ["1", "2"]


class Raylets:
    """A GCS that refuses every idle drain, in the words of old Ray: none."""

    def drain(self, _ray_node_id: str, *, preemption: bool, **_: object) -> Drained:
        """Accept what Ray cannot refuse."""
        return Drained(preemption, "")


@pytest.fixture
def actions() -> Actions:
    """Actions on a cluster whose dashboard is away."""
    nowhere = Dashboard("http://127.0.0.1:9", token=None)
    return Actions(Raylets(), nowhere, download=lambda **_: b"")  # type: ignore[arg-type]


@pytest.mark.parametrize(("reason", "ok"), [("idle", False), ("preemption", True)])
def test_a_refused_drain_is_no_success(actions: Actions, reason: str, ok: bool) -> None:
    outcome = actions.carry_out({"kind": "drain", "ray_node_id": "ab", "reason": reason})
    assert outcome.ok is ok
    assert ok or "no longer idle" in outcome.message


def test_an_unknown_command_is_refused_by_name(actions: Actions) -> None:
    outcome = actions.carry_out({"id": "1", "kind": "reboot"})
    assert not outcome.ok
    assert "'reboot'" in outcome.message


def test_a_malformed_command_says_what_it_lacks(actions: Actions) -> None:
    outcome = actions.carry_out({"id": "1", "kind": "submit_job"})
    assert not outcome.ok
    assert "submission_id" in outcome.message


def test_a_dashboard_that_is_away_is_named(actions: Actions) -> None:
    outcome = actions.carry_out({"kind": "stop_job", "submission_id": "s1"})
    assert not outcome.ok
    assert "http://127.0.0.1:9" in outcome.message
