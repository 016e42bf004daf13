"""Where work comes from: the request that caused it, and the address of the client that sent it.

Tasks that a request has queued carry the request's id (mobula/celery.py), and so do log lines.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A request by its id, and its client's address; both "" where nothing is known."""

    request_id: str = ""
    address: str = ""


_UNKNOWN = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_UNKNOWN)


def current_origin() -> Origin:
    """Return where the work of this thread or coroutine comes from."""
    return _origin.get()


@contextmanager
def caused_by(origin: Origin) -> Iterator[None]:
    """Have the block's audit entries and log lines name `origin`."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)
