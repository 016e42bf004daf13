"""From a cloud's row to the account that it stands for, and to the driver that serves it."""

from copy import copy
from pathlib import Path

from django.conf import settings

from clouds.credentials import credentials_of
from clouds.drivers import answers
from clouds.models import Cloud, Installation
from domain.accounts.declared import AccountFacts
from domain.offerings import ProviderKind
from providers import registry
from providers.base import Account, BadCredentials, ProviderDriver


def driver_for(cloud: Cloud) -> ProviderDriver:
    """Return the driver of `cloud`: within a process the same one until the cloud is changed."""
    return registry.open_driver(account_of(cloud))


def account_of(cloud: Cloud) -> Account:
    """Return the account that a cloud stands for; raises `BadCredentials` if none can be read."""
    return Account(
        kind=ProviderKind(cloud.provider),
        id=str(cloud.pk or ""),
        version=cloud.settings_version,
        home=Path(settings.MOBULA_HOME),
        name=cloud.name,
        region=cloud.region,
        settings=cloud.settings,
        credentials=credentials_of(cloud),
        answers=answers.shared(),
        # A cloud that is on paper only, without a database, has no machines.
        installation=Installation.objects.own_key() if cloud.pk else "",
    )


def facts_of(cloud: Cloud) -> AccountFacts:
    """Return what checks and documents may know of an account: no secret, as far as it is read."""
    bare = copy(cloud)
    bare.sealed_credentials = ""
    account = account_of(bare)
    return AccountFacts(
        region=account.region,
        settings=account.settings,
        credentials=_open_credentials(cloud),
        installation=account.installation,
    )


def _open_credentials(cloud: Cloud) -> dict[str, str]:
    fields = registry.traits_of(ProviderKind(cloud.provider)).credentials
    try:
        known = credentials_of(cloud)
    except BadCredentials:
        return {}
    return {f.name: known[f.name] for f in fields if f.name in known and not f.is_secret}
