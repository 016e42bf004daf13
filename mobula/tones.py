"""The one place where a state gets its color. All kinds of states share the words."""

from collections.abc import Mapping, Set

TONES: Mapping[str, Set[str]] = {
    "good": {
        *("running", "ready", "succeeded", "ok", "active", "published", "fine"),
        *("approved", "done", "passed", "following", "verified"),
    },
    "busy": {
        *("requested", "starting", "launching", "booting", "pending", "queued", "submitted"),
        *("waiting", "checking", "applying", "verifying", "wanted", "updating", "released"),
    },
    "warn": {
        *("stopping", "draining", "terminating", "idle", "warning", "blind", "draft"),
        *("degraded", "awaiting approval", "rolled back"),
    },
    "bad": {"failed", "lost", "error", "unhealthy", "stuck", "blocked", "rejected"},
}
MOVING: Set[str] = {
    *("starting", "launching", "booting", "pending", "stopping", "draining", "terminating"),
    *("checking", "applying", "verifying", "updating"),
}


def tone_of(state: str) -> str:
    """Return the tone of a state: good, busy, warn, bad or quiet."""
    word = str(state).lower()
    return next((tone for tone, states in TONES.items() if word in states), "quiet")


def is_moving(state: str) -> bool:
    """Return whether a state is one that something leaves soon."""
    return str(state).lower() in MOVING
