"""Job logs on their way to Mobula: read where Mobula's copy ends, kept until it has them."""

from __future__ import annotations

import codecs
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    ReadLog = Callable[[str, int], bytes]

MOST_BYTES_A_SYNC = 64 * 1024
SHARED_TEMP_DIR = "/tmp/ray"  # noqa: S108 - Ray's own default


def readable(chunk: bytes) -> str:
    """Return bytes of a log as text of the same length in UTF-8, so that offsets stay true.

    Bytes that are no UTF-8, and NUL which PostgreSQL cannot store, become question marks; a
    character cut off at the end is left for the next read.
    """
    whole = codecs.utf_8_decode(chunk.replace(b"\0", b"?"), "mobula.byte_for_byte", False)
    return whole[0]


def _question_marks(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "?" * (error.end - error.start), error.end


codecs.register_error("mobula.byte_for_byte", _question_marks)


def log_paths(submission_id: str, *, session: str, node_dirs: str | None) -> Iterator[Path]:
    """Yield where a job's driver may write its log on this host."""
    inside = Path(session) / "logs" / f"job-driver-{submission_id}.log"
    if node_dirs:
        yield from (node / inside for node in Path(node_dirs).glob("*"))
        yield from (node / inside for node in Path(node_dirs).glob("*/*"))
    yield Path(os.environ.get("RAY_TMPDIR") or SHARED_TEMP_DIR) / inside


def read_part(path: Path, offset: int) -> bytes:
    """Return the next bytes of a file, at most what one sync may carry."""
    with path.open("rb") as log:
        log.seek(offset)
        return log.read(MOST_BYTES_A_SYNC)


def is_full(texts: list[dict[str, Any]]) -> bool:
    """Say whether a sync carried about as much log as it may, so that more is likely to wait."""
    return sum(len(part["text"]) for part in texts) > MOST_BYTES_A_SYNC // 2


class LogTails:
    """For each job the offset that Mobula has acknowledged and the bytes after it.

    Offsets count bytes. Mobula's word is final: it may send the agent back or ahead.
    """

    def __init__(self, read: ReadLog) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._offsets: dict[str, int] = {}
        self._chunks: dict[str, str] = {}
        self._complete: dict[str, int] = {}

    def refill(self, submissions: dict[str, bool]) -> None:
        """Read on where the last chunk was acknowledged; ended jobs until nothing is left.

        ``submissions`` maps each job to whether it still runs.
        """
        for submission_id, running in submissions.items():
            with self._lock:
                offset = self._offsets.setdefault(submission_id, 0)
                waiting = submission_id in self._chunks
                done = self._complete.get(submission_id) == offset
            if not waiting and not done:
                self._take(submission_id, offset, running=running)
        self._forget_all_but(submissions)

    def texts(self) -> list[dict[str, Any]]:
        """Return the chunks to send now, 64 kB in all; the rest waits for the next sync."""
        texts = []
        room = MOST_BYTES_A_SYNC
        with self._lock:
            for submission_id, chunk in self._chunks.items():
                text = readable(chunk.encode("utf-8")[:room]) if room else ""
                room -= len(text.encode("utf-8"))
                if text:
                    offset = self._offsets[submission_id]
                    texts.append({"submission_id": submission_id, "offset": offset, "text": text})
        return texts

    def acknowledge(self, offsets: dict[str, int]) -> None:
        """Go on from where Mobula's copy of each log ends."""
        with self._lock:
            for submission_id, offset in offsets.items():
                if self._offsets.get(submission_id) != offset:
                    self._offsets[submission_id] = offset
                    self._chunks.pop(submission_id, None)

    def _take(self, submission_id: str, offset: int, *, running: bool) -> None:
        chunk = self._read(submission_id, offset)
        text = readable(chunk)
        if chunk and not running and not text:
            text = "?" * len(chunk)  # the log ends inside a character
        with self._lock:
            if text:
                self._chunks[submission_id] = text
            elif not running:
                self._complete[submission_id] = offset

    def _forget_all_but(self, submissions: dict[str, bool]) -> None:
        with self._lock:
            for memory in (self._offsets, self._complete):
                for gone in memory.keys() - submissions.keys() - self._chunks.keys():
                    memory.pop(gone)
