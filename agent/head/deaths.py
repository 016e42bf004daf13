"""Nodes that died lately, with Ray's reason once it is known."""

from __future__ import annotations

import threading
from typing import Any

TELL_SECONDS = 600.0
MOST_ATTEMPTS = 5


class Deaths:
    """Dead nodes as Ray lists them; each is reported for ten minutes, and until it was received."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, dict[str, Any]] = {}

    def see(self, dead: dict[str, str], *, now: float) -> bool:
        """Take in the dead (our name by Ray's id) and say whether one is new."""
        with self._lock:
            new = dead.keys() - self._entries.keys()
            for ray_node_id in new:
                self._entries[ray_node_id] = {
                    "node": dead[ray_node_id], "reason": None,
                    "seen_at": now, "heard": False, "attempts": 0,
                }  # fmt: skip
            # Ray forgets its oldest dead; what Mobula heard long ago need not be kept either.
            for ray_node_id in self._entries.keys() - dead.keys():
                if self._entries[ray_node_id]["heard"]:
                    del self._entries[ray_node_id]
        return bool(new)

    def unexplained(self) -> bool:
        """Say whether it is worth asking Ray why a node died."""
        with self._lock:
            return any(_lacks_reason(entry) for entry in self._entries.values())

    def explain(self, hosts: list[dict[str, Any]]) -> bool:
        """Take reasons from the dashboard's summary and say whether one was found."""
        raylets = [host.get("raylet") or {} for host in hosts]
        reasons = {raylet.get("nodeId"): raylet.get("stateMessage") for raylet in raylets}
        has_reason = False
        with self._lock:
            for ray_node_id, entry in self._entries.items():
                if _lacks_reason(entry):
                    entry["attempts"] += 1
                    entry["reason"] = reasons.get(ray_node_id)
                    has_reason = has_reason or entry["reason"] is not None
        return has_reason

    def report(self, *, now: float) -> list[dict[str, Any]]:
        """Return the deaths to tell in this sync."""
        with self._lock:
            return [
                {"node": entry["node"], "ray_node_id": key, "reason": entry["reason"]}
                for key, entry in self._entries.items()
                if not entry["heard"] or now - entry["seen_at"] < TELL_SECONDS
            ]

    def acknowledge(self, told: list[dict[str, Any]]) -> None:
        """Note that Mobula has heard of these deaths."""
        with self._lock:
            for death in told:
                entry = self._entries.get(death["ray_node_id"])
                if entry is not None:
                    entry["heard"] = True


def _lacks_reason(entry: dict[str, Any]) -> bool:
    return entry["reason"] is None and bool(entry["attempts"] < MOST_ATTEMPTS)
