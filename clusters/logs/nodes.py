"""Store the logs of nodes: of each file the newest part, wherever it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils.timezone import now

from clusters.logs.room import LogRoom
from clusters.logs.text import masked
from clusters.models import Node, NodeLog, NodeLogFile
from domain.lifecycle import NodeState
from retention.tables import NODE_LOGS

FILE_LIMIT = 512 * 1024  # bytes kept of one file, its newest
MOST_FILES = 24  # of one node
PIECE_LIMIT = 128 * 1024  # bytes taken at a time
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,98}")
# Small additions join the last piece until it has so many bytes.
_PIECE_BYTES = 16 * 1024
# Older pieces are removed once per so many bytes received.
_STEP = 64 * 1024
_EMPTY_FILES_STAY = timedelta(hours=1)

ROOM = LogRoom(
    pieces=NODE_LOGS,
    usage="clusters_nodelogusage",
    per_cluster=lambda: int(settings.NODE_LOGS_PER_CLUSTER),
    in_total=lambda: int(settings.NODE_LOGS_IN_TOTAL),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a node's log file as it was received; `size` is that of the whole file there."""

    file: str
    offset: int
    text: str
    size: int
    modified_at: datetime | None = None


def is_name(name: str) -> bool:
    """Return whether a log file may have this name: it is no path."""
    return _NAME.fullmatch(name) is not None


@transaction.atomic
def store(node: Node, part: Part, *, secrets: Iterable[str] = ()) -> int:
    """Store what the part adds to its file; return the offset to go on from.

    What was stored before is not stored twice. A part that begins later leaves a gap; a file that
    is shorter than what was received of it has begun anew.
    """
    file = _held(node, part.file)
    if file is None:
        return part.offset + len(part.text.encode())  # too many files: this one is not kept
    removed = 0
    if part.size < file.end:
        removed, file.end = _remove(file, before=file.end), 0
    offset, text = _new_of(part, end=file.end)
    size = len(text.encode())
    if size:
        _add(node, file, offset=offset, text=masked(text, secrets), size=size)
        file.end = offset + size
        if offset // _STEP != file.end // _STEP:
            removed += _remove(file, before=file.end - FILE_LIMIT)
    file.size = max(part.size, file.end)
    file.modified_at = min(part.modified_at, now()) if part.modified_at else None
    file.seen_at = now()
    file.save(update_fields=["size", "end", "modified_at", "seen_at"])
    if size != removed:
        ROOM.use(node.cluster_id, size - removed)
    return file.end


def _held(node: Node, name: str) -> NodeLogFile | None:
    """Return the file's row, locked; None where the node has too many files already."""
    row = NodeLogFile.objects.select_for_update().filter(node=node, name=name).first()
    if row is None and NodeLogFile.objects.filter(node=node).count() < MOST_FILES:
        NodeLogFile.objects.get_or_create(node=node, name=name)
        row = NodeLogFile.objects.select_for_update().get(node=node, name=name)
    return row


def _new_of(part: Part, *, end: int) -> tuple[int, str]:
    """Return what of the part lies behind `end`, with its offset; at most 128 KiB."""
    content = part.text.encode()
    known = max(0, end - part.offset)
    # A character that is cut in two comes whole with the next part.
    text = content[known : known + PIECE_LIMIT].decode(errors="ignore")
    return part.offset + known, text


def _add(node: Node, file: NodeLogFile, *, offset: int, text: str, size: int) -> None:
    last = NodeLog.objects.filter(file=file, at__gte=first_moment(node)).order_by("offset").last()
    continues = last is not None and last.offset + last.size == offset
    if last is not None and continues and last.size + size <= _PIECE_BYTES:
        rows = NodeLog.objects.filter(pk=last.pk, at=last.at)
        rows.update(text=last.text + text, size=last.size + size)
        return
    NodeLog.objects.create(
        file=file, cluster_id=node.cluster_id, offset=offset, text=text, size=size
    )


def _remove(file: NodeLogFile, *, before: int) -> int:
    """Remove the pieces that end before that offset; return how many bytes they had."""
    rows = NodeLog.objects.filter(file=file, offset__lt=before - _PIECE_BYTES)
    if before >= file.end:
        rows = NodeLog.objects.filter(file=file)
    removed = rows.aggregate(bytes=Sum("size"))["bytes"] or 0
    rows.delete()
    return int(removed)


def first_moment(node: Node) -> datetime:
    """Return the moment before which nothing of the node was received, by any clock.

    Older partitions need not be read.
    """
    return node.requested_at - timedelta(days=1)


def forget_empty_files() -> None:
    """Forget the files of ended nodes of which nothing is kept any more."""
    pieces = NodeLog.objects.filter(file=OuterRef("pk"))
    ended = NodeLogFile.objects.filter(
        node__state=NodeState.TERMINATED, node__ended_at__lt=now() - _EMPTY_FILES_STAY
    )
    ended.filter(~Exists(pieces)).delete()
