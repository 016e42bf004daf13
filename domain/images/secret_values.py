"""What a build secret may be, and which of them a Dockerfile asks for."""

from __future__ import annotations

import re

from domain.images.dockerfile.parsing import parse

MASK = "********"
LEAST_VALUE, MOST_VALUE, MOST_SECRETS = 6, 16 * 1024, 20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}")


def wrong_secret(name: str, value: str) -> tuple[str, str]:
    """Return what is wrong with the name, and with the value; "" for nothing."""
    wrong_name = wrong_value = ""
    if not _NAME.fullmatch(name):
        wrong_name = "Use at most 63 letters, digits, '_', '-' and '.', such as hf_token."
    if len(value) < LEAST_VALUE:
        wrong_value = f"Enter at least {LEAST_VALUE} characters: shorter ones cannot be masked."
    elif len(value) > MOST_VALUE:
        wrong_value = f"Enter at most {MOST_VALUE // 1024} KiB."
    elif "\0" in value:
        wrong_value = "The value has null characters. Remove them."
    return wrong_name, wrong_value


def wanted_secrets(dockerfile: str) -> dict[str, int]:
    """Return the secrets that RUN instructions mount, each with its first line."""
    found: dict[str, int] = {}
    for instruction in parse(dockerfile).instructions:
        for mount in instruction.mounts:
            options = dict(part.partition("=")[::2] for part in mount.split(","))
            if options.get("type") != "secret":
                continue
            target = options.get("target") or options.get("dst") or options.get("destination") or ""
            name = options.get("id") or target.rpartition("/")[2]
            if name:
                found.setdefault(name, instruction.line)
    return found
