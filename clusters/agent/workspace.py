"""What an agent says of a workspace's JupyterLab, within bounds: user code can write it too."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from clusters.agent import bounds

STATES = frozenset({"starting", "running", "missing", "failed"})
MOST_PACKAGES, MOST_COUNT = 300, 10_000
_LATEST = 4_102_444_800.0  # the year 2100


def workspace_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a report about JupyterLab; {} where it says nothing of it.

    Raises what nonsense raises: ValueError, TypeError, AttributeError or KeyError.
    """
    told = report.get("workspace")
    if not told:
        return {}
    state = bounds.text(told.get("state"), most=20)
    if state not in STATES:
        raise ValueError(f"workspace.state is {state!r}")
    return {
        "state": state,
        "message": bounds.text(told.get("message"), most=500),
        "jupyterlab": bounds.text(told.get("jupyterlab"), most=40),
        **{name: _count(told.get(name)) for name in ("kernels", "busy", "terminals")},
        "active_at": _moment(told.get("active_at")),
        "packages": [_package(each) for each in (told.get("packages") or ())[:MOST_PACKAGES]],
    }


def _count(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_COUNT:
        raise ValueError(f"workspace counts {value!r}")
    return value


def _moment(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value < _LATEST:
        raise ValueError(f"workspace.active_at is {value!r}")
    return float(value)


def _package(told: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": bounds.text(told["name"], most=200),
        "version": bounds.text(told["version"], most=100),
        "before": bounds.text(told.get("before"), most=100),
        "source": bounds.text(told.get("source"), most=300),
    }
