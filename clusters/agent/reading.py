"""The body of a report, unpacked and parsed within bounds."""

from __future__ import annotations

import json
import zlib
from typing import Any

# The largest report of 1,000 nodes (2,000 samples, 2,000 shapes, 10,000 bundles, 500 jobs) has
# 4 MiB and 210,000 values; gzip makes 0.5 MiB of it.
MOST_BYTES = 8 * 2**20
MOST_PACKED_BYTES = 2 * 2**20
# Bytes that are nothing but `[],[],…` become 25 times as many in memory.
MOST_VALUES = 500_000
_GZIP = 16 + zlib.MAX_WBITS


class TooLarge(Exception):
    """The report is larger than any that an agent has to send."""


class Unreadable(Exception):
    """The body is no report."""


def read_report(body: bytes, *, encoding: str = "") -> dict[str, Any]:
    """Return the report in the body; raises TooLarge or Unreadable."""
    if encoding.lower() not in {"", "identity", "gzip"}:
        raise Unreadable(f"Content-Encoding '{encoding[:40]}' is not supported; use gzip.")
    if encoding.lower() == "gzip":
        body = _unpacked(body)
    if len(body) > MOST_BYTES:
        raise TooLarge(f"The report is larger than {MOST_BYTES:,} bytes unpacked.")
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise TooLarge(f"The report has more than {MOST_VALUES:,} values.")
    try:
        report = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable("The body is not JSON.") from None
    if not isinstance(report, dict):
        raise Unreadable("The body is not a JSON object.")
    return report


def _unpacked(body: bytes) -> bytes:
    """Return what is packed in the body, never more than one byte beyond the bound."""
    stream = zlib.decompressobj(wbits=_GZIP)
    try:
        content = stream.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise Unreadable("The body is not gzip.") from None
    if len(content) <= MOST_BYTES and (not stream.eof or stream.unused_data):
        raise Unreadable("The body is not one whole gzip stream.")
    return content


def _refuse(word: str) -> None:
    """Refuse NaN and Infinity, which are no JSON and spoil every sum."""
    raise ValueError(word)
