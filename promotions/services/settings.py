"""What an environment lays over all versions that run there: saved anew, never changed."""

from __future__ import annotations

from django.db import transaction

from accounts.errors import FieldError, Invalid, NotFound, raise_if_any
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from clouds.access import names_of_clouds, no_such_cloud, way_out
from domain.promotions.overlay import Overlay, wrong_settings
from promotions.environments import current_settings, locked_environment, overlay_of
from promotions.models import Environment, EnvironmentSettings
from promotions.permissions import may_manage

REASON_LENGTH = 2_000


@transaction.atomic
def save_settings(
    environment: Environment, *, overlay: Overlay, reason: str, by: User
) -> EnvironmentSettings:
    """Return the environment's new settings, which hold from now on.

    Clusters that run keep those that they have until they are brought back; requests that were
    checked or approved under others are checked again. Raises `Invalid`, also where nothing is new.
    """
    require(may_manage(by, team=environment.team))
    row = locked_environment(environment)
    raise_if_any([*_wrong(row, overlay), *_wrong_reason(reason)])
    last = current_settings(row)
    if overlay == overlay_of(last):
        raise Invalid.at("", f"{row} already has these settings. Change one to save.")
    return _add(row, last, overlay, reason=reason.strip(), by=by)


@transaction.atomic
def restore_settings(
    environment: Environment, *, number: int, reason: str, by: User
) -> EnvironmentSettings:
    """Return new settings that say what those of this number said."""
    require(may_manage(by, team=environment.team))
    row = locked_environment(environment)
    earlier = row.settings.filter(number=number).first()
    if earlier is None:
        raise NotFound(f"{row} has no settings {number}.")
    return save_settings(row, overlay=earlier.overlay, reason=reason, by=by)


def _add(
    row: Environment, last: EnvironmentSettings | None, overlay: Overlay, *, reason: str, by: User
) -> EnvironmentSettings:
    number = last.number + 1 if last else 1
    added = EnvironmentSettings.objects.create(
        environment=row, number=number, content=overlay.plain, reason=reason, author=by
    )
    record(
        "environment.settings_changed",
        actor=by,
        team=row.team,
        subject=row,
        before={"number": last.number, **last.content} if last else None,
        after={"number": number, **added.content},
        reason=reason,
    )
    return added


def _wrong(row: Environment, overlay: Overlay) -> list[FieldError]:
    wrong = [FieldError(name, message) for name, message in wrong_settings(overlay).items()]
    if not overlay.cloud:
        return wrong
    usable = names_of_clouds(row.team)
    allowed = sorted(row.clouds.values_list("name", flat=True))
    if overlay.cloud not in usable:
        message = f"{no_such_cloud(overlay.cloud, team=row.team)} {way_out(usable)}"
        wrong.append(FieldError("cloud", message))
    elif allowed and overlay.cloud not in allowed:
        message = f"The rules of {row} allow only {' or '.join(allowed)}. Change them first."
        wrong.append(FieldError("cloud", message))
    return wrong


def _wrong_reason(reason: str) -> list[FieldError]:
    if not reason.strip():
        return [FieldError("reason", "Say why: the history shows it.")]
    if len(reason.strip()) > REASON_LENGTH:
        return [FieldError("reason", f"Use at most {REASON_LENGTH:,} characters.")]
    return []
