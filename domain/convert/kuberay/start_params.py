"""The parameters of `ray start` in a group: its logical resources and its labels."""

import json
from math import isfinite
from typing import Any

from domain.convert.kuberay.quantities import amount
from domain.convert.result import Loss, Plain, mapping

_AMOUNTS = {
    "num-cpus": "CPU",
    "num-gpus": "GPU",
    "memory": "memory",
    "object-store-memory": "object_store_memory",
}
# What the operator and Mobula set as well, to the same effect.
_USUAL = frozenset({
    "address", "block", "dashboard-agent-listen-port", "dashboard-host", "metrics-export-port",
    "no-monitor", "port",
})  # fmt: skip
_WHY = "Mobula starts Ray with its own parameters."


def logical_resources(group: Plain, path: str, losses: list[Loss]) -> Plain:
    """What the group tells Ray it has; `resources` of the group stand above the parameters."""
    params = mapping(group.get("rayStartParams"))
    written: Plain = {
        **_custom(params.get("resources")),
        **{_AMOUNTS[key]: value for key, value in params.items() if key in _AMOUNTS},
        **mapping(group.get("resources")),
    }
    numbers = {key: _number(value) for key, value in written.items()}
    for key, number in numbers.items():
        if number is None:
            why = f"{str(written[key])[:40]!r} is not a quantity."
            losses.append(Loss(path=f"{path}.resources.{key}", why=why))
    for key, value in params.items():
        is_read = (key == "resources" and _custom(value)) or (key == "labels" and _pairs(value))
        if key not in _AMOUNTS and key not in _USUAL and not is_read and value not in ("", None):
            losses.append(Loss(path=f"{path}.rayStartParams.{key}", why=_WHY))
    return {key: number for key, number in numbers.items() if number is not None}


def labels_of(group: Plain) -> dict[str, str]:
    """The labels that Ray gives the group's nodes."""
    labels = mapping(group.get("labels"))
    return {
        **(_pairs(mapping(group.get("rayStartParams")).get("labels")) or {}),
        **{key: str(value) for key, value in labels.items() if value is not None},
    }


def _pairs(value: object) -> dict[str, str] | None:
    """Labels as `ray start` takes them: `a=b,c=d`, in quotes or not; None if they are not so."""
    if not isinstance(value, str):
        return None
    words = [word.strip() for word in value.strip("'\"` ").split(",") if word.strip()]
    pairs = [word.split("=") for word in words]
    if any(len(pair) != 2 for pair in pairs):
        return None
    return {key.strip(): text.strip() for key, text in pairs}


def _custom(value: Any) -> Plain:
    """The custom resources in a start parameter: JSON, quoted once more for the shell."""
    if not isinstance(value, str):
        return {}
    text = value.strip()
    for candidate in (text, text.strip("'\"` "), text.strip("'\"` ").replace("\\", "")):
        try:
            found = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return {}


def _number(value: object) -> float | int | None:
    """The number of a quantity; None for anything else."""
    found = amount(value)
    if found is None or found < 0:
        return None
    number = float(found)
    if not isfinite(number):
        return None
    return int(found) if found == int(found) else number
