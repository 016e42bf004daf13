"""How many actors live on each node, by listing them all now and then."""

from __future__ import annotations

import threading
import time
from typing import Any

from agent.head.dashboard import Dashboard, DashboardError
from agent.watches import pause_after

ACTORS_EVERY_SECONDS = 10.0
# Counts that are older than this say nothing of now.
OLDEST_SECONDS = 120.0


def count_by_node(listing: dict[str, Any]) -> dict[str, int] | None:
    """Return the living actors of each node by Ray's node id; None if Ray did not list them all."""
    rows = listing["result"]
    # Ray cuts twice: what it reads, and what it answers of that.
    read_all = listing["total"] <= listing["num_after_truncation"]
    told_all = listing["num_filtered"] <= len(rows)
    if not (read_all and told_all) or listing.get("partial_failure_warning"):
        return None
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["node_id"]] = counts.get(row["node_id"], 0) + 1
    return counts


class ActorWatch:
    """Counts the living actors of each node every ten seconds, less often where that is slow."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._seen: tuple[float, dict[str, int]] | None = None

    def start(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._run, daemon=True).start()

    def look(self) -> None:
        """Count once; what Ray does not tell leaves the last counts, until they are too old."""
        try:
            counts = count_by_node(self._dashboard.living_actors())
        except (DashboardError, KeyError, TypeError):
            return
        self._seen = None if counts is None else (time.monotonic(), counts)

    def told(self, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the nodes, each with its number of actors; None is unknown."""
        seen = self._seen
        if seen is None or time.monotonic() - seen[0] > OLDEST_SECONDS:
            return [{**node, "actors": None} for node in nodes]
        return [{**node, "actors": seen[1].get(node["ray_node_id"], 0)} for node in nodes]

    def _run(self) -> None:
        while True:
            started = time.monotonic()
            self.look()
            worked = time.monotonic() - started
            time.sleep(pause_after(worked, at_least=ACTORS_EVERY_SECONDS))
