"""The environment of what a test starts beside its own process."""

from __future__ import annotations

import os


def plain_environment() -> dict[str, str]:
    """Return our environment without what points at the tests' own servers."""
    hidden = {"DATABASE_URL", "BROKER_URL", "DJANGO_SETTINGS_MODULE"}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in hidden and not name.startswith("MOBULA_")
    }
