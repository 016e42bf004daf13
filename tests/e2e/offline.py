"""What `mobula plan` says of a configuration and a demand, without a server."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple


class Planned(NamedTuple):
    """The machines of a plan by group and type, and what all of them cost an hour."""

    machines: Counter[tuple[str, str]]
    hourly_usd: Decimal
    waits: list[str]


def planned(text: str, demand: dict[str, Any]) -> Planned:
    """Return the plan for a cluster that has only its head."""
    with tempfile.TemporaryDirectory() as directory:
        config, wanted = Path(directory, "cluster.yaml"), Path(directory, "demand.json")
        config.write_text(text)
        wanted.write_text(json.dumps(demand))
        ran = subprocess.run(
            [sys.executable, "-m", "mobula.cli", "plan", config, "--demand", wanted, "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.stdout, ran.stderr
    return _read(json.loads(ran.stdout))


def _read(told: dict[str, Any]) -> Planned:
    machines = Counter[tuple[str, str]]()
    for launch in told["launches"]:
        machines[launch["group"], launch["instance_type"]] += launch["count"]
    return Planned(
        machines=machines,
        hourly_usd=Decimal(told["hourly_usd"]),
        waits=[one["reason"] for one in told["unserved"]],
    )
