"""Say where images of a registry are built, and check whether they can be built there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from accounts.errors import FieldError, Invalid, WrongState, raise_if_any
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from domain.images.states import OPEN_BUILD_STATES
from images.building.builders import builder_here, place_problems, wrong_place
from images.models import Build, Registry
from images.registries.build_places import (
    CREATE,
    FIELDS,
    KEY,
    BuildsOn,
    choices_of,
    chosen,
    may_create_repositories,
    settings_of,
)
from images.services.rights import may_manage_registries
from providers.errors import ProviderError


@transaction.atomic
def set_build_place(registry: Registry, *, values: Mapping[str, Any], by: User) -> Registry:
    """Have images of the registry built there from now on; `values` are `on`, its fields, and
    whether to create repositories.

    Raises `Invalid`, and `WrongState` while a build of the registry is open.
    """
    require(may_manage_registries(by, registry.team))
    row = Registry.objects.select_for_update().filter(pk=registry.pk).first()
    if row is None:
        raise WrongState(f"Registry {registry} was removed.")
    place = _read(row, values)
    busy = Build.objects.filter(version__registry=row, state__in=sorted(OPEN_BUILD_STATES)).first()
    if busy:
        raise WrongState(f"{busy} has not ended. Wait for it or cancel it, then change this.")
    before = _audited(row)
    # What the form does not know stays: where an emulator answers.
    known = settings_of(row)
    names = ("endpoint", "region") if known.get("endpoint") else ()
    kept = {name: known[name] for name in names if name in known}
    row.settings = {**row.settings, KEY: {**kept, **place}}
    row.save(update_fields=["settings"])
    record(
        "registry.builds_changed",
        actor=by,
        subject=row,
        team=row.team,
        before=before,
        after=_audited(row),
    )
    return row


def check_build_place(registry: Registry, *, by: User) -> str:
    """Return a sentence where images can be built; raises `Invalid` with all that is in the way.

    It takes at most about a minute, and builds nothing.
    """
    require(may_manage_registries(by, registry.team))
    place = chosen(registry)
    if place == BuildsOn.HERE:
        _raise(filter(None, [builder_here().unavailable()]))
        return "Builds run on Mobula's host with buildah, which is ready."
    try:
        _raise(place_problems(registry))
    except ProviderError as error:
        raise Invalid.at("", str(error)) from error
    name = settings_of(registry).get("project", "")
    return (
        f"{place.label} can build in project {name}. Whether builds may be started shows with the "
        "first one."
    )


def _raise(problems: Iterable[str]) -> None:
    raise_if_any([FieldError("", problem) for problem in problems])


def _read(registry: Registry, values: Mapping[str, Any]) -> dict[str, str]:
    choices = choices_of(registry)
    place = next((one for one in choices if one == values.get("on")), None)
    if place is None:
        names = " or ".join(one.label for one in choices)
        raise Invalid.at("on", f"Builds of this registry can run on: {names}.")
    given = {one.name: str(values.get(one.name, "")).strip() for one in FIELDS[place]}
    raise_if_any([FieldError(name, why) for name, why in wrong_place(place, given)])
    if may_create_repositories(registry) and values.get(CREATE):
        given[CREATE] = "yes"
    return {"on": place.value, **{name: value for name, value in given.items() if value}}


def _audited(registry: Registry) -> dict[str, str]:
    values = {name: str(it) for name, it in settings_of(registry).items()}
    return {**values, "on": chosen(registry).value}
