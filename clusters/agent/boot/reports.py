"""What a machine says of itself: the steps of its start, and when it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from clusters.agent import bounds
from clusters.logs import nodes as node_logs
from clusters.logs.text import masked
from clusters.models import Node
from clusters.nodes.tokens import secrets_of
from clusters.notices.noting import note_interruption
from clusters.services.waking import wake_for_report
from providers.node_logs import START_LOG

# What each step does when it fails, in words.
STEPS = {
    "boot": "Preparing the machine",
    "disk": "Setting up the local disks",
    "pull": "Pulling the image",
    "join": "Starting Ray",
    "ray": "Running Ray",
}
_MOST_STEPS, _MOST_LOG, _MOST_FAULT = 40, 16_000, 1_000


class BadReport(ValueError):
    """The report cannot be read; nothing of it was stored."""


def store_steps(node: Node, items: object) -> None:
    """Store the steps of the machine's start, all that it knows of; raises BadReport."""
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise BadReport("phases is not a list.")
    steps: dict[str, dict[str, Any]] = {}
    fault = log = ""
    for item in islice(items, _MOST_STEPS):
        name, state, at = _read(item, since=node.requested_at)
        step = steps.setdefault(name, {"step": name, "began": at, "ended": None, "state": "began"})
        if state != "began":
            step |= {"state": state, "ended": at}
        if state == "failed" and not fault:
            log = masked(bounds.text(item.get("log"), most=_MOST_LOG), secrets_of(node.cluster))
            fault = _fault(name, log)
    startup = list(steps.values())
    if startup == node.startup and (fault == "" or node.fault):
        return
    with transaction.atomic():
        Node.objects.filter(pk=node.pk).update(startup=startup, fault=node.fault or fault)
        if fault and not node.fault:
            _keep_log(node, log)
            wake_for_report(node.cluster)


def _read(item: object, *, since: datetime) -> tuple[str, str, str]:
    if not isinstance(item, Mapping):
        raise BadReport("A phase is not an object.")
    name, state = item.get("phase"), item.get("state")
    if not (isinstance(name, str) and name in STEPS and state in ("began", "done", "failed")):
        known = f"{', '.join(STEPS)}, each began, done or failed"
        raise BadReport(f"Unknown phase {str(name)[:20]!r} {str(state)[:20]!r}. Send {known}.")
    try:
        at = datetime.fromtimestamp(float(item["at"]), tz=UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise BadReport(f"at of phase {name} is not a time in seconds since 1970.") from None
    # A machine's clock may be wrong; it cannot have begun before it was requested.
    return str(name), str(state), min(max(at, since), now()).isoformat()


def _fault(name: str, log: str) -> str:
    """Return what failed, with the last lines of the log, the end of which says most."""
    words = f"{STEPS[name]} failed.\n"
    return words + log.strip()[-(_MOST_FAULT - len(words)) :]


def _keep_log(node: Node, log: str) -> None:
    """Keep the log: nobody can ask a machine for it that never joined."""
    size = len(log.encode())
    part = node_logs.Part(file=START_LOG, offset=0, text=log, size=size)
    node_logs.store(node, part)


def store_interruption(node: Node, text: object) -> None:
    """Note when the provider takes the machine back; the loop drains it; raises BadReport."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise BadReport(
            f"at is {str(text)[:40]!r}. Send a time such as 2026-01-31T12:00:00Z."
        ) from None
    if at.tzinfo is None:
        raise BadReport(f"at is {str(text)[:40]!r}, without a time zone. Send UTC, ending in Z.")
    note_interruption(node, at=at)
