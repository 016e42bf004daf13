"""boto3's requests go to the double within this process; what happens to one is arranged here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest import mock

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError

from mobula.demo_cloud.aws.cloud import Cloud
from mobula.demo_cloud.aws.protocol import Answer
from providers.aws.client import Clients

ENDPOINT = "http://127.0.0.1:9"  # nothing answers there: no request leaves the process


class Killed(BaseException):
    """The worker's process is gone."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a worker: the so-manieth one of its operation in its phase."""

    phase: str
    operation: str  # "ec2.RunInstances"
    number: int  # from 1

    def __str__(self) -> str:
        return f"{self.phase} {self.operation} {self.number}"


type Send = Callable[[], AWSResponse]
type Fault = Callable[["Wire", Send], AWSResponse]
"""Answers a request in its own way, given how it is carried out."""


@dataclass
class Wire:
    """Carries out requests, and writes them down phase by phase."""

    cloud: Cloud
    phase: str = ""  # "": nothing is counted
    worker: int = 0  # who sends now
    calls: list[Call] = field(default_factory=list)
    dead: set[int] = field(default_factory=set)  # workers that send nothing any more
    target: Call | None = None
    fault: Fault | None = None
    repeats: int = 0  # so many more attempts at the same call meet the fault as well
    struck: bool = False
    service: str = ""  # of the request that is sent now
    arriving: list[Send] = field(default_factory=list)  # what comes after all
    wait: Callable[[float], None] = lambda _seconds: None
    others_work: Callable[[float], None] = lambda _seconds: None
    die: Callable[[], None] = lambda: None
    look: Callable[[str], None] = lambda _operation: None  # at each call
    _last: tuple[int, str, bytes] | None = None

    def send(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a request as the double does, or as the fault does that it meets."""
        if self.worker in self.dead:
            raise Killed
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        send = partial(self._carried_out, request, body)
        self.look(operation)
        if not self.phase:
            return send()
        same = (self.worker, operation, body)
        is_repeated, self._last = same == self._last, same
        if not self._strikes(operation, is_repeated=is_repeated):
            return send()
        assert self.fault is not None
        self.service = operation.partition(".")[0]
        return self.fault(self, send)

    def _strikes(self, operation: str, *, is_repeated: bool) -> bool:
        number = 1 + sum(call.operation == operation for call in self._in_phase())
        call = Call(self.phase, operation, number)
        self.calls.append(call)
        if call == self.target:
            self.struck = True
            return True
        if self.struck and self.repeats and is_repeated:
            self.repeats -= 1
            return True
        self.repeats = 0 if self.struck else self.repeats
        return False

    def _in_phase(self) -> Iterator[Call]:
        return (call for call in self.calls if call.phase == self.phase)

    def _carried_out(self, request: AWSPreparedRequest, body: bytes) -> AWSResponse:
        headers = {str(key).title(): _text(value) for key, value in request.headers.items()}
        return response_of(request.url, self.cloud.answer(headers, body))


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


class _Raw:
    """What botocore reads a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Yield the body."""
        yield self._body


def response_of(url: str, answer: Answer) -> AWSResponse:
    """Return an answer as boto3 reads it."""
    headers = {"Content-Type": answer.kind, "Content-Length": str(len(answer.body))}
    return AWSResponse(url, answer.status, headers, _Raw(answer.body))


class _Switch:
    """Which wire the clients use now: they are slow to make, and all worlds share them."""

    wire: Wire | None = None
    clients: dict[tuple[str, str], Any] = {}


def _sent(
    service: str, *, request: AWSPreparedRequest, event_name: str, **_: object
) -> AWSResponse:
    if _Switch.wire is None:
        raise ConnectionClosedError(endpoint_url=request.url)
    return _Switch.wire.send(f"{service}.{event_name.rpartition('.')[2]}", request)


@contextmanager
def connected(wire: Wire) -> Iterator[None]:
    """Let all clients of accounts use this wire for as long as the block lasts."""
    original = Clients._open

    def opened(self: Clients, session: Any, service: str, region: str, *, url: str = "") -> Any:
        key = (service, region)
        if key not in _Switch.clients:
            client = original(self, session, service, region, url=ENDPOINT)
            client.meta.events.register("before-send", partial(_sent, service))
            _Switch.clients[key] = client
        return _Switch.clients[key]

    before, _Switch.wire = _Switch.wire, wire
    try:
        with mock.patch.object(Clients, "_open", opened):
            yield
    finally:
        _Switch.wire = before
