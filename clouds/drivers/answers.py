"""Answers that the workers of this installation share, in the Valkey that is Celery's broker."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import cache
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from django.conf import settings

from providers.shared_answers import AnswerStore, Kept, StoreAway

PREFIX = "mobula:answers:"
# A list of thousands of machines is some hundred kilobytes.
CONNECT_SECONDS, CALL_SECONDS = 0.5, 2.0
# After a call that failed, nobody waits for the next one before that.
AWAY_SECONDS = 10.0

_SOCKET = "redis+socket"

# Keys: the answer, a hash of when it was asked for (ms by Valkey's clock) and what it is.
_READ = """
local asked = redis.call('HGET', KEYS[1], 'asked')
if not asked then return false end
local now = redis.call('TIME')
local age = now[1] * 1000 + math.floor(now[2] / 1000) - asked
if age < 0 or age > tonumber(ARGV[1]) then return false end
return {age, redis.call('HGET', KEYS[1], 'content')}
"""
# Keys: the claim, which holds its own proof: the time, and a random word.
_CLAIM = """
local now = redis.call('TIME')
local proof = string.format('%.0f-%s', now[1] * 1000 + math.floor(now[2] / 1000), ARGV[1])
if redis.call('SET', KEYS[1], proof, 'NX', 'PX', ARGV[2]) then return proof end
return ''
"""
# Keys: the answer and the claim. A late answer does not replace one that was asked for later.
_WRITE = """
local before = tonumber(redis.call('HGET', KEYS[1], 'asked') or '-1')
if before < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'asked', ARGV[2], 'content', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


@cache
def shared() -> AnswerStore | None:
    """Return what the processes of this installation share answers in.

    None with a broker other than Valkey or Redis: then each process asks for itself.
    """
    if urlsplit(settings.CELERY_BROKER_URL).scheme not in {"redis", "rediss", _SOCKET}:
        return None
    return ValkeyAnswers(settings.CELERY_BROKER_URL)


class ValkeyAnswers:
    """Answers in a Valkey; one that does not answer is left alone for a while."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = redis.Redis.from_url(
            client_url(url),
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CALL_SECONDS,
            retry=None,
        )
        self._clock = clock
        self._away_until = 0.0

    def read(self, key: str, *, max_age: float) -> Kept | None:
        """Return what is there, unless it was asked for more than `max_age` seconds ago."""
        found = self._run(_READ, [_answer(key)], [int(max_age * 1000)])
        return Kept(age=found[0] / 1000, content=found[1]) if found else None

    def claim(self, key: str, *, seconds: float) -> str:
        """Return a proof that the caller asks now; "" where another one does."""
        proof = self._run(_CLAIM, [_claim(key)], [secrets.token_hex(8), int(seconds * 1000)])
        return str(proof, "ascii")

    def write(self, key: str, content: bytes, *, claim: str, seconds: float) -> None:
        """Keep what was asked for when `claim` was made, and end the claim."""
        asked = claim.partition("-")[0]
        values = [claim, asked, content, int(seconds * 1000)]
        self._run(_WRITE, [_answer(key), _claim(key)], values)

    def release(self, key: str, *, claim: str) -> None:
        """Let another one ask."""
        self._run(_RELEASE, [_claim(key)], [claim])

    def _run(self, script: str, keys: list[str], values: list[Any]) -> Any:
        if self._clock() < self._away_until:
            raise StoreAway("Valkey did not answer lately.")
        try:
            run = cast("Callable[..., Any]", self._client.eval)
            return run(script, len(keys), *keys, *values)
        except redis.RedisError as error:
            self._away_until = self._clock() + AWAY_SECONDS
            raise StoreAway(f"Valkey did not answer ({type(error).__name__}).") from error


def client_url(broker: str) -> str:
    """Return a broker's URL as a client of Redis takes it; Celery has its own for sockets."""
    parts = urlsplit(broker)
    if parts.scheme != _SOCKET:
        return broker
    number = parse_qs(parts.query).get("virtual_host", ["0"])[-1].strip("/") or "0"
    password = f":{parts.password}@" if parts.password else ""
    return f"unix://{password}{unquote(parts.path)}?db={number}"


def _answer(key: str) -> str:
    return f"{PREFIX}{key}"


def _claim(key: str) -> str:
    return f"{PREFIX}{key}:claim"
