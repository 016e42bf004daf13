"""The log of a build: written in pieces as it comes, read from any byte on."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.timezone import now

from domain.images.build_log import Step, cleaned, step_of
from images.building.secrets import Mask
from images.models import Build, BuildLog

PIECE = 64 * 1024
_LONGEST_LINE = 16 * 1024
_MOST_STEPS = 1_000


class LogWriter:
    """Keeps what a build prints, without control characters: head and tail of very much.

    Only the worker that has the build writes. What was printed is in the database after `flush`,
    without the values that `mask` replaces.
    """

    def __init__(self, build: Build) -> None:
        self._build = build
        self.mask = Mask()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""
        self._pending: list[str] = []
        self._written = build.log_bytes
        self._kept = build.log_bytes

    def write(self, output: bytes) -> None:
        """Take a piece of output; lines are kept once they are whole."""
        text = self._line + self._decoder.decode(output)
        *lines, self._line = text.replace("\r\n", "\n").split("\n")
        for line in lines:
            self._take(line)
        if len(self._line) > _LONGEST_LINE:
            # A value that is not complete yet stays: it would be cut in two.
            line = self.mask(self._line)
            cut = len(line) - self.mask.longest
            if cut > 0:
                self._take(line[:cut])
            self._line = line[max(cut, 0) :]
        if sum(map(len, self._pending)) >= PIECE:
            self.flush()

    def say(self, sentence: str) -> None:
        """Write a line of Mobula's own."""
        self._finish_line()
        self._take(sentence)
        self.flush()

    def flush(self, *, to_the_end: bool = False) -> None:
        """Put into the database what was taken; `to_the_end`: half a line, too."""
        if to_the_end:
            self._line += self._decoder.decode(b"", final=True)
            self._finish_line()
        content = "".join(self._pending).encode()
        self._pending.clear()
        if not content:
            return
        pieces = [content[at : at + PIECE] for at in range(0, len(content), PIECE)]
        for piece in pieces:
            BuildLog.objects.create(
                build=self._build,
                offset=self._written,
                lines_before=self._build.log_lines,
                content=piece,
            )
            self._written += len(piece)
            self._kept += len(piece)
            self._build.log_lines += piece.count(b"\n")
        self._build.log_bytes = self._written
        self._build.save(update_fields=["log_bytes", "log_lines", "steps", "steps_total"])
        self._drop_middle()

    def _finish_line(self) -> None:
        if self._line:
            self._take(self._line)
            self._line = ""

    def _take(self, line: str) -> None:
        for plain in self.mask(cleaned(line)).split("\n"):
            if step := step_of(plain):
                self._begin(step)
            self._pending.append(f"{plain}\n")

    def _begin(self, step: Step) -> None:
        moment = now()
        end_steps(self._build, moment.timestamp())
        if len(self._build.steps) < _MOST_STEPS:
            self._build.steps.append(
                {"text": step.text, "started_at": moment.isoformat(), "seconds": None}
            )
        self._build.steps_total = max(self._build.steps_total, step.total)

    def _drop_middle(self) -> None:
        """Keep the first half of what is allowed, and of the rest the last."""
        most = settings.BUILD_LOG_BYTES
        if self._kept <= most:
            return
        rows = BuildLog.objects.filter(build=self._build, offset__gte=most // 2).order_by("offset")
        for pk, content in rows.values_list("pk", "content")[:16]:
            if self._kept <= most:
                return
            BuildLog.objects.filter(pk=pk).delete()
            self._kept -= len(content)


def end_steps(build: Build, moment: float) -> None:
    """Note how long the last step took; `moment` is in seconds of the epoch."""
    if build.steps and build.steps[-1]["seconds"] is None:
        began = datetime.fromisoformat(build.steps[-1]["started_at"]).timestamp()
        build.steps[-1]["seconds"] = round(max(moment - began, 0.0), 1)


@dataclass(frozen=True, slots=True)
class Read:
    """Some of a log: the text, the byte after it, and how many bytes were left out before it.

    `lines_before` end before the text.
    """

    text: str
    end: int
    left_out: int = 0
    lines_before: int = 0


def read_from(build_id: int, offset: int, *, most: int = 4 * PIECE) -> Read:
    """Return what is kept of the log from a byte on, about `most` bytes at once."""
    rows = BuildLog.objects.filter(build=build_id).order_by("offset")
    first = rows.filter(offset__lte=offset).last()
    begin = offset
    if first is not None and first.offset + len(first.content) > offset:
        begin = first.offset
    parts: list[bytes] = []
    end, left_out, taken, lines = offset, 0, 0, 0
    for row in rows.filter(offset__gte=begin)[: max(most // PIECE, 1) * 16]:
        content = bytes(row.content)[max(offset - row.offset, 0) :]
        if row.offset > end:
            if parts:  # the gap begins the next read
                break
            left_out = row.offset - end
        if not parts:
            skipped = bytes(row.content)[: max(offset - row.offset, 0)]
            lines = row.lines_before + skipped.count(b"\n")
        parts.append(content)
        end = max(row.offset, offset) + len(content)
        taken += len(content)
        if taken >= most:
            break
    return Read(b"".join(parts).decode(errors="replace"), end, left_out, lines)


def whole(build_id: int) -> Iterator[str]:
    """Yield all that is kept of the log; a line in brackets stands for what is not."""
    offset = 0
    while True:
        read = read_from(build_id, offset)
        if read.end == offset:
            return
        if read.left_out:
            yield omission(read.left_out)
        yield read.text
        offset = read.end


def omission(left_out: int) -> str:
    """Return the line that stands for bytes which were not kept."""
    return f"[{left_out:,} bytes of the log were not kept]\n"
