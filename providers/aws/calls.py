"""Calls of AWS's services: how often one is tried, for how long, and what is raised in the end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from domain.cooldowns import FailureClass
from providers.aws.codes import WAIT_FOR_OTHERS
from providers.aws.errors import code_of, named
from providers.base import ProviderError

MOST_ATTEMPTS = 4
# No attempt begins later than this after the first; with the clients' own limits, a call takes at
# most 25 s longer.
PATIENCE_SECONDS = 15.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 4.0
PAGE = 1000


class Calls:
    """One service of one account.

    What only wants patience is tried again: every call of the driver may be repeated, also one
    whose answer was lost. What lasts is raised, and whoever asked comes again later. No attempt
    begins later than `patience` seconds after the first.
    """

    def __init__(
        self,
        name: str,
        client: Callable[[], Any],
        *,
        patience: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name, self._client = name, client
        self._patience = PATIENCE_SECONDS if patience is None else patience
        self._clock, self._sleep = clock, sleep

    def __call__(self, operation: str, /, **parameters: Any) -> Any:
        """Return the answer of a call; raises only `ProviderError` and its subclasses."""
        began, attempt = self._clock(), 1
        while True:
            try:
                client = self._client()
                with named(self._name):
                    return getattr(client, operation)(**parameters)
            except ProviderError as error:
                pause = _pause(attempt)
                late = self._clock() - began + pause > self._patience
                if attempt == MOST_ATTEMPTS or late or not _passes(error):
                    raise
            self._sleep(pause)
            attempt += 1

    def pages(self, operation: str, key: str, /, **parameters: Any) -> Iterator[Any]:
        """Yield what all pages of a list have under `key`."""
        token: str | None = ""
        while token is not None:
            more = {"NextToken": token} if token else {}
            answer = self(operation, **parameters, **more)
            yield from answer.get(key, ())
            token = answer.get("NextToken") or None


def _pause(attempt: int) -> float:
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0**attempt)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - so that many do not come back at once


def _passes(error: ProviderError) -> bool:
    """Return whether to ask again within seconds may help."""
    if error.failure_class is not FailureClass.TRANSIENT:
        return False
    return code_of(error) not in WAIT_FOR_OTHERS
