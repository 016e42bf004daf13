"""From a cloud's row to the account that it stands for, and to the driver that serves it."""

from pathlib import Path

from django.conf import settings

from clouds.models import Cloud
from domain.offerings import ProviderKind
from providers import registry
from providers.base import Account, ProviderDriver


def driver_for(cloud: Cloud) -> ProviderDriver:
    """Return the driver of `cloud`: within a process the same one until the cloud is changed."""
    return registry.open_driver(account_of(cloud))


def account_of(cloud: Cloud) -> Account:
    """Return the account that a cloud stands for."""
    return Account(
        kind=ProviderKind(cloud.provider),
        id=str(cloud.pk or ""),
        version=cloud.settings_version,
        home=Path(settings.MOBULA_HOME),
        name=cloud.name,
        region=cloud.region,
        settings=cloud.settings,
    )
