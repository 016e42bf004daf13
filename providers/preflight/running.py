"""Checks at once, in threads, none of which is waited for longer than the limit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread

from providers.errors import ProviderError
from providers.preflight.answers import CheckAnswer, Finding, answer_of, skipped

LIMIT_SECONDS = 15.0
MOST_THREADS = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCheck:
    """A check that can be made: `make` asks the provider and returns what it found.

    It may raise `ProviderError`: then there is no answer. `rights` are what it needs in the
    account, in the provider's own words.
    """

    id: str
    title: str
    make: Callable[[], Finding]
    rights: Sequence[str] = ()


def run_checks(
    checks: Sequence[PlannedCheck], *, limit: float = LIMIT_SECONDS
) -> Iterator[CheckAnswer]:
    """Yield the answer of each check as soon as it is there.

    After `limit` seconds, those without one are yielded as skipped; their threads are left to
    the time-outs of their calls.
    """
    began, stop = time.monotonic(), Event()
    todo: SimpleQueue[PlannedCheck] = SimpleQueue()
    answers: SimpleQueue[CheckAnswer] = SimpleQueue()
    for check in checks:
        todo.put(check)
    for _ in range(min(len(checks), MOST_THREADS)):
        Thread(target=_work, args=(todo, answers, stop), daemon=True, name="preflight").start()
    waiting = {check.id: check for check in checks}
    while waiting:
        left = began + limit - time.monotonic()
        try:
            answer = answers.get(timeout=max(left, 0)) if left > 0 else answers.get_nowait()
        except Empty:
            break
        del waiting[answer.id]
        yield answer
    stop.set()
    for check in waiting.values():
        late = skipped(f"Unknown: no answer within {limit:g} s.", way_out="Check again later.")
        yield answer_of(check.id, check.title, late, milliseconds=round(limit * 1000))


def _work(todo: SimpleQueue[PlannedCheck], answers: SimpleQueue[CheckAnswer], stop: Event) -> None:
    while not stop.is_set():
        try:
            check = todo.get_nowait()
        except Empty:
            return
        began = time.monotonic()
        finding = _made(check)
        taken = round((time.monotonic() - began) * 1000)
        answers.put(answer_of(check.id, check.title, finding, milliseconds=taken))


def _made(check: PlannedCheck) -> Finding:
    try:
        return check.make()
    except ProviderError as error:
        return skipped(f"Unknown: {error}", way_out="Check again later.")
    except Exception as error:  # one check that breaks must not take the others with it
        log.exception("check failed", extra={"check": check.id})
        return skipped(
            f"The check could not be made ({type(error).__name__}).",
            way_out="See Mobula's log and report the error.",
        )
