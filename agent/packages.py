"""Packages of code from Mobula, in pieces: a job's working directory that is too big for a sync."""

from __future__ import annotations

import hashlib
import time

from agent.link import Link, Refused, Unreachable

MOST_BYTES = 32 * 2**20
INSIST_SECONDS, PAUSE_SECONDS = 60.0, 1.0


class NotDownloaded(Exception):
    """The package did not come, or is not what its digest says."""


class Packages:
    """Downloads packages over the agent's link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def download(self, *, digest: str, size: int) -> bytes:
        """Return the package with this SHA-256; an outage is waited for, up to a minute."""
        if not 0 < size <= MOST_BYTES:
            raise NotDownloaded(f"A package of {size} bytes is not accepted.")
        content = b""
        give_up_at = time.monotonic() + INSIST_SECONDS
        while len(content) < size:
            try:
                piece = self._link.piece(digest, offset=len(content))
            except Unreachable as error:
                if time.monotonic() > give_up_at:
                    raise NotDownloaded(f"The code did not come: {error}") from error
                time.sleep(max(PAUSE_SECONDS, error.retry_after))
                continue
            except Refused as error:
                raise NotDownloaded(f"The code did not come: {error}") from error
            if not piece:
                break
            content += piece
        if hashlib.sha256(content).hexdigest() != digest:
            raise NotDownloaded("The code that came is not what was tested for: digests differ.")
        return content
