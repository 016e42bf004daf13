"""What the agent gets when it starts: one JSON file, readable by its owner only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """The configuration file cannot be used; the message says why and names the file."""


@dataclass(frozen=True)
class Config:
    """Where Mobula and this cluster's Ray are, and the tokens to speak to them."""

    url: str
    cluster: str
    run: int
    token: str = field(repr=False)
    gcs_address: str
    dashboard_url: str
    ray_token: str | None = field(default=None, repr=False)
    shared_host: bool = False
    node_dirs: str | None = None
    workspace: dict[str, Any] | None = field(default=None, repr=False)


def read_config(path: Path) -> Config:
    """Return the configuration in the JSON file at ``path``; unknown keys are ignored."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold one JSON object.")
    known = {entry.name for entry in fields(Config)}
    try:
        return Config(**{key: value for key, value in content.items() if key in known})
    except TypeError as error:
        # Python's own message names the missing keys and holds no values.
        raise ConfigError(f"{path} is incomplete: {error}.") from error
