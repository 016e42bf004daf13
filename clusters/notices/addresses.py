"""Which queue of notices a cloud's account has, as its settings say; no driver is opened for it."""

from __future__ import annotations

from clouds.models import Cloud
from clusters.models.notice_queue import LONGEST_ADDRESS
from domain.offerings import ProviderKind
from providers import registry


def queue_of(cloud: Cloud) -> str:
    """Return the address of a cloud's queue; "" for none."""
    kind = ProviderKind(cloud.provider)
    key = registry.traits_of(kind).notice_queue_setting
    value = cloud.settings.get(key) if key and registry.has_driver(kind) else ""
    # A driver refuses a value that is not an address: then that is what is wrong with the queue.
    return value.strip()[:LONGEST_ADDRESS] if isinstance(value, str) else ""
