"""Change what the driver of a cloud knows of its account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from accounts.errors import FieldError, WrongState, raise_if_any
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clouds.access import require_own
from clouds.drivers import facts_of
from clouds.models import Cloud
from clouds.services.locking import locked
from domain.accounts.declared import field_at
from domain.accounts.entered import OTHERS
from domain.offerings import ProviderKind
from providers import registry


@transaction.atomic
def change_settings(cloud: Cloud, *, values: Mapping[str, Any], by: User) -> Cloud:
    """Give the cloud exactly these settings, as its provider's driver reads them; return it.

    The new version of its settings lets every process open a new driver. Raises `Invalid` with
    the settings at fault, by the keys of their fields, or `WrongState` where the cloud's kind has
    no settings.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    row = locked(cloud)
    traits = registry.traits_of(ProviderKind(row.provider))
    if not traits.account_settings:
        raise WrongState(f"Clouds on {traits.name} have no settings.")
    require_own(row)
    before, after = row.settings, dict(values)
    row.settings = after
    raise_if_any(wrong_settings(row))
    if before == after:
        return row
    row.settings_version += 1  # the row is locked
    row.save(update_fields=["settings", "settings_version"])
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    record(
        "cloud.settings_changed",
        actor=by,
        subject=row,
        before={key: before[key] for key in sorted(changed) if key in before},
        after={key: after[key] for key in sorted(changed) if key in after},
    )
    return row


def wrong_settings(cloud: Cloud) -> Iterator[FieldError]:
    """Yield what the provider refuses of the settings in the cloud's region, each at its field."""
    traits = registry.traits_of(ProviderKind(cloud.provider))
    if traits.check_account is None:
        return
    for path, why in traits.check_account(facts_of(cloud)):
        yield FieldError(field_at(traits.account_settings, path) or OTHERS, why)
