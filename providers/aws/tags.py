"""The tags by which Mobula's machines are found, and how a machine's name follows from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

OWN = "mobula:"
INSTALLATION, CLUSTER, BATCH, ROLE, GROUP = (
    f"{OWN}installation", f"{OWN}cluster", f"{OWN}batch", f"{OWN}role", f"{OWN}group"
)  # fmt: skip
ANY = "default"  # the installation of those that say none
# What the metadata service shows; a machine with any other key has no tags there.
_IN_METADATA = re.compile(r"(?!\.{1,2}\Z|_index\Z)[A-Za-z0-9+\-=._:@,]{1,128}\Z")
_NAME = re.compile(r"(?P<handle>.+)-(?P<number>\d+)\Z")


def in_metadata(key: str) -> bool:
    """Return whether a machine can read a tag of that key from its metadata service."""
    return bool(_IN_METADATA.match(key))


def name_of(batch: str, index: int) -> str:
    """Return the name of a batch's node: its first one's, counted up; "" where there is none."""
    if index == 0:
        return batch
    parts = _NAME.match(batch)
    return f"{parts['handle']}-{int(parts['number']) + index}" if parts else ""


def of_cluster(handle: str, installation: str) -> dict[str, str]:
    """Return the tags by which everything of a cluster is found."""
    return {INSTALLATION: installation or ANY, CLUSTER: handle}


def rows(tags: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    """Return tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def of_rows(found: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Return tags from how AWS lists them."""
    return {row["Key"]: row.get("Value", "") for row in found}
