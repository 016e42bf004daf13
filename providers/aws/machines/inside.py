"""What EC2's machines are like from inside, for the bootstrap of nodes."""

from __future__ import annotations

from pathlib import Path

from providers.bootstrap.node import Machines

INSTANCE_STORE = "/dev/disk/by-id/nvme-Amazon_EC2_NVMe_Instance_Storage_*"


def machines() -> Machines:
    """Return how a machine of EC2 finds out who it is, and which disks are its own."""
    functions = Path(__file__).with_name("metadata.sh").read_text(encoding="utf-8")
    return Machines(functions=functions, local_disks=INSTANCE_STORE)
