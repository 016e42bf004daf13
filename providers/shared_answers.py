"""Answers that all processes of an installation share: one of them asks, the others wait for it.

The store between them is told from outside. It is a convenience: while it is away, each process
asks for itself.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from providers.errors import (
    BadCredentials,
    InvalidRequest,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Unreachable,
)

log = logging.getLogger(__name__)

# Whoever asks has so long; then another one may ask, too, in case that the first was killed.
CLAIM_SECONDS = 10.0
# Nobody waits longer for another one's answer than it takes to ask.
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05
# An answer is kept for so long, an error for whoever waited for an answer.
KEEP_SECONDS, KEEP_ERROR_SECONDS = 60.0, 15.0

_ERRORS = {
    kind.__name__: kind
    for kind in (BadCredentials, InvalidRequest, QuotaExceeded, Throttled, Unreachable)
}


class StoreAway(Exception):
    """The store cannot be reached now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a store has under a key, and how many seconds ago it was asked for."""

    age: float
    content: bytes


class AnswerStore(Protocol):
    """What processes keep answers in. Every call takes moments, or raises `StoreAway`.

    Ages are by the store's own clock: those of processes on several hosts may differ.
    """

    def read(self, key: str, *, max_age: float) -> Kept | None:
        """Return what is there, unless it was asked for more than `max_age` seconds ago."""
        ...

    def claim(self, key: str, *, seconds: float) -> str:
        """Return a proof that the caller is the one who asks now; "" where another one does."""
        ...

    def write(self, key: str, content: bytes, *, claim: str, seconds: float) -> None:
        """Keep what was asked for when `claim` was made, unless there is something newer."""
        ...

    def release(self, key: str, *, claim: str) -> None:
        """Let another one ask; a claim that ended is not an error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossProcesses[T]:
    """One kind of answer of an installation.

    `pack` must leave out all secrets; `unpack` raises ValueError for what it cannot read.
    """

    store: AnswerStore
    key: str
    pack: Callable[[T], bytes]
    unpack: Callable[[bytes], T]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def read(self, ask: Callable[[], T], *, max_age: float) -> tuple[float, T]:
        """Return an answer and how many seconds ago it was asked for, `max_age` before the call
        at most. An error of whoever asked is raised for those who waited for the answer, too.
        """
        began = self.clock()
        try:
            claim, found = self._found_or_claimed(max_age, began)
        except StoreAway as error:
            log.warning("answers are not shared", extra={"key": self.key, "why": str(error)})
            claim, found = "", None
        return found or self._asked(ask, claim)

    def _found_or_claimed(self, max_age: float, began: float) -> tuple[str, tuple[float, T] | None]:
        """Return an answer of another process, or a claim; neither, if that takes too long."""
        is_first = True
        while True:
            waited = self.clock() - began
            if found := self._kept(max_age + waited):
                return "", found
            if not is_first:
                self._raise_error_since(waited)
            if waited > WAIT_SECONDS:
                return "", None
            if claim := self.store.claim(self.key, seconds=CLAIM_SECONDS):
                found = self._kept(max_age + waited)  # just written, before we claimed
                if found is not None:
                    self.store.release(self.key, claim=claim)
                return claim, found
            is_first = False
            self.sleep(POLL_SECONDS)

    def _kept(self, max_age: float) -> tuple[float, T] | None:
        kept = self.store.read(self.key, max_age=max_age)
        if kept is None:
            return None
        try:
            return kept.age, self.unpack(kept.content)
        except ValueError as error:  # of another version of Mobula: it is replaced
            log.warning("a shared answer is unreadable", extra={"key": self.key, "why": str(error)})
            return None

    def _asked(self, ask: Callable[[], T], claim: str) -> tuple[float, T]:
        began = self.clock()
        try:
            answer = ask()
        except BaseException as error:
            if claim:
                self._tell(partial(self._give_up, error, claim))
            raise
        if claim:
            content = self.pack(answer)
            self._tell(
                partial(self.store.write, self.key, content, claim=claim, seconds=KEEP_SECONDS)
            )
        return self.clock() - began, answer

    def _give_up(self, error: BaseException, claim: str) -> None:
        """Keep a provider's error for those who wait, and let another one ask."""
        if isinstance(error, ProviderError) and (now := self.store.claim(self._errors, seconds=1)):
            content = json.dumps([type(error).__name__, str(error)]).encode()
            self.store.write(self._errors, content, claim=now, seconds=KEEP_ERROR_SECONDS)
        self.store.release(self.key, claim=claim)

    def _raise_error_since(self, waited: float) -> None:
        kept = self.store.read(self._errors, max_age=waited)
        if kept is None:
            return
        try:
            name, text = json.loads(kept.content)
        except ValueError:
            return
        raise _ERRORS.get(str(name), Unreachable)(str(text))

    def _tell(self, call: Callable[[], None]) -> None:
        try:
            call()
        except StoreAway as error:
            log.warning("answers are not shared", extra={"key": self.key, "why": str(error)})

    @property
    def _errors(self) -> str:
        return f"{self.key}:error"
