"""What a benchmark found: written to var/bench/NAME.json and shown as a line of a table."""

import json
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DIRECTORY = Path("var/bench")


def machine() -> dict[str, Any]:
    """Return what figures depend on: cores, and how busy they are with other work."""
    one, five, fifteen = os.getloadavg()
    return {
        "cores": os.cpu_count(),
        "load": [round(one, 1), round(five, 1), round(fifteen, 1)],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def seconds(times: Sequence[float]) -> dict[str, Any]:
    """Return the median of some times, and all of them."""
    return {
        "median": round(statistics.median(times), 3),
        "all": [round(time, 3) for time in times],
    }


def write(name: str, *, goal: float, value: float, unit: str, **details: object) -> None:
    """Write a result: `value` is what `goal` is about, in `unit`."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    content = {"value": round(value, 3), "goal": goal, "unit": unit, **details}
    (DIRECTORY / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    print(f"{name}: {value:.3f} {unit} (goal {goal})", flush=True)


def table(names: Iterable[str]) -> str:
    """Return one line for each benchmark whose result is there."""
    lines = [f"{'':<12} {'measured':>10} {'goal':>8}  unit"]
    for name in names:
        path = DIRECTORY / f"{name}_summary.json"  # of a benchmark whose NAME.json is a list
        if not path.exists():
            path = DIRECTORY / f"{name}.json"
        if path.exists():
            lines.append(_line(name, json.loads(path.read_text())))
    return "\n".join(lines)


def _line(name: str, found: Mapping[str, Any]) -> str:
    value = found.get("value")
    if value is None:  # samples.py has one result for each size
        value = min(result["ratio"] for result in found["results"].values())
    unit = found.get("unit", "samples a second ÷ COPY alone (the least)")
    return f"{name:<12} {value:>10} {found['goal']:>8}  {unit}"
