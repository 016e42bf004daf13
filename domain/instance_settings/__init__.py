"""Typed settings of the raw instance configurations: each shows one value of a block.

A block is read into the texts of its fields and the rest, which no field can show; both together
are the block again. What is changed in a field changes its own place in the block, nothing else.
"""

from collections.abc import Mapping
from typing import Any

from domain.instance_settings import aws, gcp, kubernetes
from domain.instance_settings.reading import Reading, read_with
from domain.instance_settings.table import Setting
from domain.offerings import ProviderKind

__all__ = ["HAVE_SETTINGS", "Reading", "Setting", "read"]

_TABLES = {
    ProviderKind.AWS: aws.settings,
    ProviderKind.GCP: gcp.settings,
    ProviderKind.KUBERNETES: kubernetes.settings,
}
HAVE_SETTINGS = frozenset(_TABLES)
"""The providers whose blocks have typed settings."""


def read(provider: ProviderKind, block: Mapping[str, Any] | None) -> Reading:
    """What the provider's typed settings show of a block; None is a node without one."""
    settle = aws.gather if provider is ProviderKind.AWS else None
    return read_with(_TABLES[provider](block or {}), block, settle=settle)
