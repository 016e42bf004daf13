"""What every provider says to `ray start`, in the form that a version of Ray reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from providers.base import InvalidRequest

type Version = tuple[int, int]

TEXT_LABELS: Version = (2, 50)  # before: JSON
TOKEN: Version = (2, 52)


def parse_version(text: str) -> Version:
    """Return (major, minor) of a Ray version such as "2.60.0"."""
    match = re.match(r"(\d+)\.(\d+)", text)
    if match is None:
        raise InvalidRequest(f"{text!r} is not a Ray version such as 2.60.0.")
    return int(match[1]), int(match[2])


def labels_flag(labels: Mapping[str, str], version: Version) -> tuple[str, ...]:
    """Return the flag that gives a node its labels in the form this Ray reads."""
    if not labels:
        return ()
    if version < TEXT_LABELS:
        return (f"--labels={json.dumps(dict(labels))}",)
    return ("--labels=" + ",".join(f"{key}={value}" for key, value in labels.items()),)


def whole(amount: float, resource: str, group: str) -> int:
    """Return an amount that Ray takes as a whole number only; raises InvalidRequest."""
    if amount != int(amount) or amount < 0:
        raise InvalidRequest(
            f"Group {group}: {resource} is {amount:g}, and Ray needs a whole number per node."
        )
    return int(amount)
