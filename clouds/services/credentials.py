"""Say how Mobula signs in to a cloud."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts.errors import FieldError, WrongState, raise_if_any
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.credentials import credentials_of, sealed
from clouds.models import Cloud
from clouds.services.locking import locked
from domain.catalogue.credentials import merged, told
from domain.offerings import ProviderKind
from providers import registry
from providers.base import BadCredentials


@transaction.atomic
def set_credentials(cloud: Cloud, *, values: Mapping[str, str], by: User) -> Cloud:
    """Let Mobula sign in to the cloud with these credentials, by field; return the cloud.

    A secret that is empty stays as it is, what else is empty is removed. Raises `Invalid` with
    the fields at fault, or `WrongState` where the cloud's kind has no credentials.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    row = locked(cloud)
    traits = registry.traits_of(ProviderKind(row.provider))
    if not traits.credentials:
        raise WrongState(f"Clouds on {traits.name} have no credentials in Mobula.")
    known = _known(row)
    wanted = merged(traits.credentials, known=known, given=values)
    if traits.check_credentials:
        raise_if_any([FieldError(name, why) for name, why in traits.check_credentials(wanted)])
    before, after = told(traits.credentials, known), told(traits.credentials, wanted)
    replaced = [f.name for f in traits.credentials if f.is_secret and values.get(f.name)]
    _keep_credentials(row, wanted)
    changes = {**after, "replaced": replaced} if replaced else after
    record("cloud.credentials_changed", actor=by, subject=row, before=before, after=changes)
    return row


@transaction.atomic
def remove_credentials(cloud: Cloud, *, by: User) -> Cloud:
    """Forget the cloud's credentials: Mobula signs in as its own host does. Return the cloud."""
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    row = locked(cloud)
    if not row.sealed_credentials:
        raise WrongState(f"{row} has no credentials.")
    before = told(registry.traits_of(ProviderKind(row.provider)).credentials, _known(row))
    _keep_credentials(row, {})
    record("cloud.credentials_removed", actor=by, subject=row, before=before)
    return row


def _known(cloud: Cloud) -> Mapping[str, str]:
    """Return the credentials that the cloud has, as far as they can be read."""
    try:
        return credentials_of(cloud)
    except BadCredentials:
        return {}


def _keep_credentials(row: Cloud, values: Mapping[str, str]) -> None:
    """Write the credentials into the locked row, with a new version of its settings."""
    row.sealed_credentials = sealed(row, values)
    row.settings_version += 1
    row.save(update_fields=["sealed_credentials", "settings_version"])
