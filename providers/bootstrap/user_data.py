"""The user data of a node's machine: a cloud-config with two programs and what they must know."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.base import InvalidRequest
from providers.bootstrap.node import BootNode, Registry
from providers.bootstrap.ray_command import environment, shared_memory, start_options

MOST_BYTES = 16 * 2**10  # of EC2, which has the narrowest limit
PROGRAMS = "/opt/mobula"
SETTINGS = "/etc/mobula/node.env"
UNIT = "/etc/systemd/system/mobula-watch.service"

_SCRIPTS = Path(__file__).with_name("scripts")
_REGISTRIES = {
    Registry.OPEN: "registry_none",
    Registry.ECR: "registry_ecr",
    Registry.MOBULA: "registry_mobula",
}
_COMMENT = re.compile(r"^\s*#(?!!| shellcheck ).*\n", re.MULTILINE)
_CALL = "main\n"
_WATCH = """\
[Unit]
Description=Watches this node for Mobula
StartLimitIntervalSec=0
[Service]
ExecStart=/opt/mobula/watch
Restart=always
RestartSec=5
OOMScoreAdjust=-900
[Install]
WantedBy=multi-user.target
"""


def user_data(node: BootNode) -> str:
    """Return the user data with which the machines of `node` are launched.

    The same node gives the same text. Raises InvalidRequest, also where it is longer than 16 KiB.
    """
    document = {
        "write_files": [
            _file(SETTINGS, _settings(node), mode="0600"),
            _file(f"{PROGRAMS}/common", _common(node), mode="0600"),
            _file(f"{PROGRAMS}/boot", _boot(node), mode="0700"),
            _file(f"{PROGRAMS}/watch", _program("watch") + _CALL, mode="0700"),
            _file(UNIT, _WATCH, mode="0644"),
        ],
        # The watch first: a machine that never gets further still ends.
        "runcmd": [
            ["systemctl", "daemon-reload"],
            ["systemctl", "enable", "--now", "mobula-watch.service"],
            [f"{PROGRAMS}/boot"],
        ],
    }
    text = "#cloud-config\n" + _yaml(document)
    if (size := len(text.encode())) > MOST_BYTES:
        raise InvalidRequest(
            f"Group {node.group}: the user data has {size:,} bytes, at most {MOST_BYTES:,} fit. "
            "Use fewer or shorter labels and resources."
        )
    return text


def _settings(node: BootNode) -> str:
    """Return what the programs must know, as lines of shell."""
    values = {
        "URL": node.url.rstrip("/"),
        "JOIN_TOKEN": node.join_token,
        "ROLE": node.role.value,
        "SPOT": "1" if node.market is Market.SPOT else "",
        "IMAGE": node.image,
        "SHM_BYTES": str(shared_memory(node)),
        "LOCAL_DISKS": node.machines.local_disks,
        "GCS_PORT": str(node.ports.gcs),
        "DASHBOARD_PORT": str(node.ports.dashboard),
        "CLIENT_PORT": str(node.ports.client),
        "LIFETIME": str(int(node.lifetime.total_seconds())),
        "SILENCE": str(int(node.silence.total_seconds())),
    }
    variables = [word for item in environment(node).items() for word in ("--env", "=".join(item))]
    lines = [f"{name}={shlex.quote(value)}" for name, value in values.items()]
    lines += [_array("RAY_ENV", variables), _array("RAY_START", start_options(node))]
    return "".join(f"{line}\n" for line in lines)


def _array(name: str, words: Iterable[str]) -> str:
    return f"{name}=({' '.join(map(shlex.quote, words))})"


def _common(node: BootNode) -> str:
    return "".join((_program("common"), node.machines.functions, _program("ray")))


def _boot(node: BootNode) -> str:
    parts = (
        "gpu" if node.has_gpu else "no_gpu",
        _REGISTRIES[node.registry],
        "agent" if node.role is NodeRole.HEAD else "no_agent",
    )
    return "".join((_program("boot"), *map(_program, parts), _CALL))


def _program(name: str) -> str:
    return (_SCRIPTS / f"{name}.sh").read_text(encoding="utf-8")


def _file(path: str, content: str, *, mode: str) -> Mapping[str, str]:
    if unusable := re.search(r"[^\n -~\u00a1-\ud7ff]", content):
        raise InvalidRequest(
            f"{unusable.group()!r} cannot be passed to a node. Remove it from labels and resources."
        )
    text = _COMMENT.sub("", content).replace("\n\n", "\n")
    return {"path": path, "permissions": mode, "content": LiteralScalarString(text)}


def _yaml(document: Mapping[str, object]) -> str:
    writer = YAML()
    writer.width = 10_000
    stream = io.StringIO()
    writer.dump(document, stream)
    return stream.getvalue()
