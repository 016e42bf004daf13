"""The audit trail as a download: CSV for spreadsheets, JSON Lines for programs.

Rows are read a thousand at a time while the answer is written, each time in a transaction of its
own: a long download keeps neither the rows in memory nor a transaction open.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from asgiref.sync import sync_to_async
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, StreamingHttpResponse

from accounts.chain.entries import places_of
from accounts.models import AuditEntry, AuditQuerySet
from accounts.spreadsheets import CSV, csv_text
from accounts.views.audit_columns import AUDIT
from tables.pages import order_of

MOST_ROWS = 50_000
_CHUNK = 1_000
_CUT = f"Only the first {MOST_ROWS:,} rows. Narrow the filter to see others."

type Format = Callable[[Sequence[AuditEntry]], str]


def export(request: HttpRequest, trail: AuditQuerySet, *, kind: str) -> StreamingHttpResponse:
    """Return the download of what the filter leaves; `kind` is "csv" or "jsonl"."""
    chunks = _texts(trail, is_descending=order_of(request, AUDIT).descending, kind=kind)
    # A server with an event loop would collect a plain iterator before it sends anything.
    contents = _from_thread(chunks) if hasattr(request, "scope") else chunks
    media = CSV if kind == "csv" else "application/jsonl; charset=utf-8"
    response = StreamingHttpResponse(contents, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="audit.{kind}"'
    return response


def _texts(trail: AuditQuerySet, *, is_descending: bool, kind: str) -> Iterator[str]:
    if kind == "csv":
        yield csv_text([AUDIT.header])
    left = MOST_ROWS
    for chunk in _chunks(trail, is_descending=is_descending):
        yield (csv_text(AUDIT.lines(chunk[:left])) if kind == "csv" else _json_lines(chunk[:left]))
        left -= len(chunk)
        if left < 0:
            yield csv_text([[_CUT]]) if kind == "csv" else _json({"notice": _CUT})
            return


def _chunks(trail: AuditQuerySet, *, is_descending: bool) -> Iterator[list[AuditEntry]]:
    """Yield the entries in pieces; each continues behind the last one."""
    rows = trail.order_by("-pk" if is_descending else "pk")
    last: int | None = None
    while True:
        rest = rows if last is None else rows.filter(**{_side(is_descending): last})
        chunk = list(rest[:_CHUNK])
        places = places_of([entry.pk for entry in chunk])
        for entry in chunk:
            entry.place = places.get(entry.pk)
        if chunk:
            yield chunk
        if len(chunk) < _CHUNK:
            return
        last = chunk[-1].pk


def _side(is_descending: bool) -> str:
    return "pk__lt" if is_descending else "pk__gt"


async def _from_thread(chunks: Iterator[str]) -> AsyncIterator[str]:
    """Yield what an iterator makes in the thread that has the database connection."""
    following = sync_to_async(lambda: next(chunks, None))
    while (chunk := await following()) is not None:
        yield chunk


def _json_lines(entries: Sequence[AuditEntry]) -> str:
    return "".join(_json(_fields(entry)) for entry in entries)


def _json(fields: dict[str, object]) -> str:
    return json.dumps(fields, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def _fields(entry: AuditEntry) -> dict[str, object]:
    return {
        "id": entry.pk,
        "at": entry.at.isoformat(),
        "actor": entry.actor.email if entry.actor else None,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "address": entry.address,
        "request": entry.request_id,
        "team": entry.team.name if entry.team else None,
        "team_id": entry.team_id,
        "action": entry.action,
        "kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "subject": entry.subject_name,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
        "chain": entry.place,
    }
