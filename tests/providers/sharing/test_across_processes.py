"""Processes share one answer; whatever happens to one of them, the others get theirs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from providers import shared_answers
from providers.base import BadCredentials, Throttled
from providers.shared_answers import AcrossProcesses
from providers.single_flight import SharedAnswer
from tests.doubles.answers import MemoryAnswers


class Place:
    """Processes that ask the same question; the clock stands still unless it is moved."""

    def __init__(self) -> None:
        self.now, self.asked = 100.0, 0
        self.store = MemoryAnswers(lambda: self.now)
        self.error: Exception | None = None

    def ask(self) -> int:
        self.asked += 1
        if self.error:
            raise self.error
        return self.asked

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def process(self, ask: Callable[[], int] | None = None) -> SharedAnswer[int]:
        across = AcrossProcesses(
            store=self.store,
            key="k",
            pack=lambda number: str(number).encode(),
            unpack=int,
            clock=lambda: self.now,
            sleep=self.wait,
        )
        return SharedAnswer(ask or self.ask, across=across, clock=lambda: self.now)


@pytest.fixture
def place() -> Place:
    return Place()


def test_another_process_reads_the_answer_while_it_is_fresh(place: Place) -> None:
    one, two = place.process(), place.process()
    assert one.read(max_age=3) == 1
    place.now += 3
    assert two.read(max_age=3) == 1
    place.now += 0.5
    assert two.read(max_age=3) == 2
    assert one.read(max_age=3) == 2
    assert place.asked == 2


def test_an_answer_that_was_read_ages_on(place: Place) -> None:
    one, two = place.process(), place.process()
    one.read(max_age=3)
    place.now += 2
    assert two.read(max_age=3) == 1
    place.now += 2  # 4 s after it was asked for, 2 s after it was read
    assert two.read(max_age=3) == 2


def test_an_answer_is_as_old_as_its_question(place: Place) -> None:
    def slow() -> int:
        place.now += 5
        return place.ask()

    assert place.process(slow).read(max_age=3) == 1
    assert place.process().read(max_age=3) == 2


def test_who_was_killed_while_it_asked_keeps_nobody(place: Place) -> None:
    place.store.claim("k", seconds=shared_answers.CLAIM_SECONDS)
    began = place.now
    assert place.process().read(max_age=3) == 1
    assert place.now - began <= shared_answers.CLAIM_SECONDS + 1


def test_nobody_waits_for_ever(place: Place) -> None:
    place.store.claim("k", seconds=3600)
    began = place.now
    assert place.process().read(max_age=3) == 1
    assert place.now - began <= shared_answers.WAIT_SECONDS + 1


@pytest.mark.parametrize("leaves", [False, True], ids=["away", "leaves while it is asked"])
def test_without_the_store_each_asks_for_itself(place: Place, leaves: bool) -> None:
    def ask() -> int:
        place.store.is_away = True
        return place.ask()

    place.store.is_away = not leaves
    assert place.process(ask).read(max_age=3) == 1
    assert place.process(ask).read(max_age=3) == 2
    place.store.is_away = False
    assert place.process().read(max_age=3) == 3


@pytest.mark.parametrize("error", [Throttled("Slow down."), BadCredentials("No.")])
def test_an_error_is_raised_for_all_who_waited_and_then_asked_again(
    place: Place, error: Exception
) -> None:
    claimed = place.store.claim("k", seconds=10)
    waiting = place.process()
    waits = [0]

    def fail(_: float) -> None:
        place.now += 1
        waits[0] += 1
        if waits[0] == 3:  # the one that asks fails
            across = waiting._across
            assert across is not None
            across._give_up(error, claimed)

    waiting._across = AcrossProcesses(
        store=place.store, key="k", pack=lambda n: str(n).encode(), unpack=int,
        clock=lambda: place.now, sleep=fail,
    )  # fmt: skip
    with pytest.raises(type(error), match=str(error)):
        waiting.read(max_age=3)
    assert place.asked == 0
    place.now += 1
    assert place.process().read(max_age=3) == 1


def test_an_error_is_told_to_whoever_asked_and_lets_the_next_one_ask(place: Place) -> None:
    place.error = Throttled("Slow down.")
    with pytest.raises(Throttled):
        place.process().read(max_age=3)
    place.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        place.process().read(max_age=3)
    place.error = None
    began = place.now
    assert place.process().read(max_age=3) == 3
    assert place.now == began


@pytest.mark.parametrize("content", [b"", b"what another version wrote"])
def test_an_answer_that_cannot_be_read_is_replaced(place: Place, content: bytes) -> None:
    place.store.write("k", content, claim=place.store.claim("k", seconds=9), seconds=9)
    place.now += 1
    assert place.process().read(max_age=3) == 1
    assert place.process().read(max_age=3) == 1


def test_a_late_answer_does_not_replace_a_newer_one(place: Place) -> None:
    def slow() -> int:
        place.now += 20  # its claim has ended, and another process asks
        other.read(max_age=0)
        return 99

    other = place.process()
    assert place.process(slow).read(max_age=3) == 99
    assert place.process().read(max_age=3) == 1


def test_many_threads_of_many_processes_ask_once() -> None:
    asked = []

    def ask() -> int:
        asked.append(1)
        time.sleep(0.3)
        return len(asked)

    store = MemoryAnswers()
    processes = [
        SharedAnswer(
            ask,
            across=AcrossProcesses(
                store=store, key="k", pack=lambda number: str(number).encode(), unpack=int
            ),
        )
        for _ in range(8)
    ]
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda one=one: answers.append(one.read(max_age=5)))
        for one in processes * 5
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1] * 40
    assert len(asked) == 1
