"""What a machine is told by its user data, as cloud-init and the boot program would read it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from domain.lifecycle import NodeRole
from providers.bootstrap.user_data import SETTINGS

# A node of this host has not the memory of the machine that it pretends to be.
OBJECT_STORE_BYTES = 100 * 2**20
_FLAGS = {"--num-cpus": "CPU", "--num-gpus": "GPU", "--memory": "memory"}


class UnusableUserData(ValueError):
    """The machine cannot start from it; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a machine knows before it has asked anybody."""

    url: str  # Mobula's
    join_token: str = field(repr=False)
    role: NodeRole
    group: str
    is_spot: bool
    image: str
    resources: Mapping[str, float]
    labels: Mapping[str, str]


def read_user_data(text: str) -> Told:
    """Return what the user data of a node's machine says; raises UnusableUserData."""
    try:
        config = YAML(typ="safe", pure=True).load(text)
        files = {file["path"]: file["content"] for file in config["write_files"]}
        values = dict(_values(files[SETTINGS]))
        options = values["RAY_START"]
        return Told(
            url=values["URL"][0],
            join_token=values["JOIN_TOKEN"][0],
            role=NodeRole(values["ROLE"][0]),
            group=_group(values["RAY_ENV"]),
            is_spot=bool("".join(values["SPOT"])),
            image=values["IMAGE"][0],
            resources=_resources(options),
            labels=_labels(options),
        )
    except (YAMLError, KeyError, TypeError, ValueError, IndexError) as error:
        raise UnusableUserData(f"The user data is not that of a node of Ray: {error}") from error


def _values(settings: str) -> list[tuple[str, Sequence[str]]]:
    """Return each variable of lines such as NAME=word and NAME=(several words)."""
    pairs = (line.partition("=") for line in settings.splitlines() if line.strip())
    return [
        (name, shlex.split(value[1:-1] if value.startswith("(") else value))
        for name, _, value in pairs
    ]


def _group(variables: Sequence[str]) -> str:
    found = dict(word.split("=", 1) for word in variables if "=" in word)
    return found["RAY_NODE_TYPE_NAME"]


def _resources(options: Sequence[str]) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for word in options:
        flag, _, value = word.partition("=")
        if flag in _FLAGS:
            found[_FLAGS[flag]] = float(value)
        elif flag == "--resources":
            found |= {str(name): float(number) for name, number in json.loads(value).items()}
    return found | {"object_store_memory": float(OBJECT_STORE_BYTES)}


def _labels(options: Sequence[str]) -> Mapping[str, str]:
    flag = next((word for word in options if word.startswith("--labels=")), "")
    text = flag.removeprefix("--labels=")
    if text.startswith("{"):  # as Ray before 2.50 reads them
        return {str(key): str(value) for key, value in json.loads(text).items()}
    return dict(pair.split("=", 1) for pair in text.split(",") if pair)
