"""Run a function in a child process that is ended when it takes too long."""

import math
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection

_FORK = multiprocessing.get_context("fork")


class TooSlow(Exception):
    """The child did not answer in time."""


class Broken(Exception):
    """The child failed; the message says how."""


def forked[T](run: Callable[[], T], *, seconds: float) -> T:
    """Return what `run` returns in a child; raise TooSlow or Broken."""
    receiver, sender = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_answer, args=(run, sender, seconds))
    child.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise TooSlow
        worked, result = receiver.recv()
    except EOFError as error:
        raise Broken("The child ended without an answer.") from error
    finally:
        child.kill()
        child.join()
    if not worked:
        raise Broken(result)
    return result  # type: ignore[no-any-return]


def _answer[T](run: Callable[[], T], sender: Connection, seconds: float) -> None:
    signal.alarm(math.ceil(seconds) + 1)  # ends it too when the parent was killed
    try:
        sender.send((True, run()))
    except Exception as error:  # noqa: BLE001 - whatever a scheduler raises is its result
        sender.send((False, f"{type(error).__name__}: {error}"[:300]))
    finally:
        sender.close()
        os._exit(0)  # the parent's exit handlers are not the child's
