"""From a cloud's row to the driver that serves it."""

from pathlib import Path

from django.conf import settings

from clouds.models import Cloud
from domain.offerings import ProviderKind
from providers import registry
from providers.base import ProviderDriver


def driver_for(cloud: Cloud) -> ProviderDriver:
    """Return the driver of `cloud`; the same object for the same cloud within one process."""
    return registry.open_driver(ProviderKind(cloud.provider), home=Path(settings.MOBULA_HOME))
