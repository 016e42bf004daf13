"""Callers share one answer, as old as each of them accepts."""

from __future__ import annotations

import threading
import time

import pytest

from providers.single_flight import SharedAnswer


class Source:
    """Counts the questions; the clock stands still unless it is moved."""

    def __init__(self) -> None:
        self.asked, self.now = 0, 100.0
        self.shared = SharedAnswer(self.ask, clock=lambda: self.now)

    def ask(self) -> int:
        self.asked += 1
        return self.asked


def test_an_answer_is_used_until_it_is_too_old() -> None:
    source = Source()
    assert source.shared.read(max_age=3) == 1
    source.now += 3
    assert source.shared.read(max_age=3) == 1
    source.now += 0.1
    assert source.shared.read(max_age=3) == 2


def test_each_caller_says_how_old_it_may_be() -> None:
    source = Source()
    source.shared.read(max_age=15)
    source.now += 5
    assert source.shared.read(max_age=15) == 1
    assert source.shared.read(max_age=3) == 2
    assert source.shared.read(max_age=15) == 2


def test_many_callers_at_once_ask_once() -> None:
    asked = []

    def ask() -> int:
        asked.append(1)
        time.sleep(0.2)
        return len(asked)

    shared, answers = SharedAnswer(ask), []
    threads = [
        threading.Thread(target=lambda: answers.append(shared.read(max_age=5))) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1] * 50
    assert len(asked) == 1


def test_an_answer_is_as_old_as_its_question() -> None:
    source = Source()

    def slow() -> int:
        source.now += 10
        return source.ask()

    shared = SharedAnswer(slow, clock=lambda: source.now)
    assert shared.read(max_age=3) == 1
    assert shared.read(max_age=3) == 2  # what was asked 10 s ago may have changed since


def test_an_error_is_raised_and_the_next_one_asks_anew() -> None:
    answers: list[Exception | int] = [ValueError("no"), 7]

    def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shared = SharedAnswer(ask)
    with pytest.raises(ValueError, match="no"):
        shared.read(max_age=3)
    assert shared.read(max_age=3) == 7
