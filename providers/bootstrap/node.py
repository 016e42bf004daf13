"""What a machine must be told to become a node. Nothing of it opens anything for long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from domain.demand import Resources
from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.base import InvalidRequest

_TOKEN = re.compile(r"[0-9a-f]{64}")
_IMAGE = re.compile(r"[A-Za-z0-9][\w.:/-]*(@sha256:[0-9a-f]{64})?")
_PATTERN = re.compile(r"(/[\w.*-]+)*")
_SHORTEST = timedelta(minutes=10)


class Registry(StrEnum):
    """Who may pull the image."""

    OPEN = "open"  # everybody
    ECR = "ecr"  # the machine's own role, at Amazon ECR
    MOBULA = "mobula"  # who has a short-lived token, which Mobula hands out


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """What a provider's machines are like from inside.

    `functions` are shell functions, which `scripts/` call:

    - `machine_facts` sets INDEX (the machine's number in its batch, from 0), ADDRESS and INSTANCE;
      it fails where the metadata service does not answer.
    - `interruption_time` prints when the machine is taken back, as ISO 8601, or nothing; it may
      fail, which says nothing.
    """

    functions: str
    local_disks: str = ""  # pattern of the paths of local disks; partitions are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where a head listens. Heads have machines of their own: all use the same."""

    gcs: int = 6379
    dashboard: int = 8265
    client: int = 10001


@dataclass(frozen=True, slots=True, kw_only=True)
class BootNode:
    """All machines of one kind that are launched together; only their index tells them apart."""

    url: str  # Mobula's, as the machines reach it
    join_token: str = field(repr=False)  # 64 hexadecimal digits; good once for each machine
    role: NodeRole
    group: str
    market: Market = Market.ON_DEMAND
    image: str  # with its digest where it is known: name@sha256:…
    ray_version: str
    registry: Registry = Registry.OPEN
    resources: Resources  # logical, as of a NodeSpec
    labels: Mapping[str, str] = field(default_factory=dict)
    has_gpu: bool = False
    machines: Machines
    ports: Ports = field(default_factory=Ports)
    # The machine ends itself after so long,
    lifetime: timedelta = timedelta(days=30)
    # or when Mobula has been silent for so long and Ray on it is idle.
    silence: timedelta = timedelta(hours=6)

    def __post_init__(self) -> None:
        """Refuse what cannot work; the sentence names the field and its value."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidRequest(
                f"Mobula's address is {self.url!r}. Nodes need one such as "
                "https://mobula.example.org (MOBULA_URL)."
            )
        if not _TOKEN.fullmatch(self.join_token):
            raise InvalidRequest("The join token is not 64 hexadecimal digits. Create a new one.")
        if not _IMAGE.fullmatch(self.image):
            raise InvalidRequest(
                f"Image {self.image!r} is not an image URI such as rayproject/ray:2.60.0. "
                "Change the location of this image version."
            )
        if not _PATTERN.fullmatch(self.machines.local_disks):
            raise InvalidRequest(
                f"Local disks {self.machines.local_disks!r} is not a pattern of paths such as "
                "/dev/disk/by-id/nvme-*."
            )
        for name in ("lifetime", "silence"):
            length = getattr(self, name)
            if length < _SHORTEST:
                minutes = length.total_seconds() / 60
                raise InvalidRequest(
                    f"{name.capitalize()} is {minutes:g} minutes. Nodes need at least 10."
                )
