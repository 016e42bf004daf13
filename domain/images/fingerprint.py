"""What tells whether two builds would make the same image."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


def fingerprint(
    dockerfile: str, *, bases: Mapping[str, str], context: str = "", platform: str = ""
) -> str:
    """Return the SHA-256 of all that a build is made from, in hexadecimal.

    `bases` are the digests of its bases by their names; `context` is the digest of its files, ""
    for none.
    """
    lines = [line.rstrip() for line in dockerfile.replace("\r\n", "\n").strip().split("\n")]
    parts = [lines, sorted(bases.items()), context, platform]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
