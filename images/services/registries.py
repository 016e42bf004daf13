"""Add registries, change and remove them, and say how Mobula signs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.errors import FieldError, Invalid, WrongState, as_invalid, raise_if_any
from accounts.models import Team, User
from accounts.permissions import require
from accounts.services import record
from domain.catalogue.credentials import merged, told
from domain.images.registry_hosts import wrong_artifact_registry_host, wrong_ecr_host
from domain.images.uri import wrong_host, wrong_prefix
from images.models import Registry, RegistryKind
from images.registries.credentials import (
    credentials_of,
    fields_of,
    sealed,
    wrong_credentials,
)
from images.services.rights import may_manage_registries
from providers.errors import BadCredentials, InvalidRequest
from providers.oci.transport import trusting

_HOSTS = {
    RegistryKind.ECR: wrong_ecr_host,
    RegistryKind.ARTIFACT_REGISTRY: wrong_artifact_registry_host,
}
_MOST_CA = 20_000


@transaction.atomic
def add_registry(
    *,
    name: str,
    team: Team | None,
    kind: str,
    host: str,
    by: User,
    prefix: str = "",
    ca: str = "",
) -> Registry:
    """Return a new registry of the team, or without one of all teams; raises `Invalid`."""
    require(may_manage_registries(by, team))
    registry = Registry(name=name, team=team, kind=kind, created_by=by)
    _write(registry, host=host, prefix=prefix, ca=ca)
    record("registry.added", actor=by, subject=registry, team=team, after=_audited(registry))
    return registry


@transaction.atomic
def change_registry(
    registry: Registry, *, name: str, host: str, by: User, prefix: str = "", ca: str = ""
) -> Registry:
    """Return the changed registry, whose kind and team stay; raises `Invalid`.

    At another host its credentials are forgotten: they were not meant for whoever is there.
    """
    require(may_manage_registries(by, registry.team))
    row = _locked(registry)
    before = _audited(row)
    if host != row.host:
        row.sealed_credentials = ""
    row.name = name
    _write(row, host=host, prefix=prefix, ca=ca)
    record(
        "registry.changed", actor=by, subject=row, team=row.team, before=before, after=_audited(row)
    )
    return row


@transaction.atomic
def remove_registry(registry: Registry, *, by: User) -> None:
    """Remove a registry that no image is in; raises `WrongState` with those that are."""
    require(may_manage_registries(by, registry.team))
    row = _locked(registry)
    users = [str(one) for one in row.imageversion_set.select_related("image")[:6]]
    if users:
        more = ", …" if len(users) > 5 else ""
        raise WrongState(
            f"{row} cannot be removed: {', '.join(users[:5])}{more} came from it. Versions keep "
            "their registry."
        )
    record("registry.removed", actor=by, subject=row, team=row.team, before=_audited(row))
    row.delete()


@transaction.atomic
def set_registry_credentials(
    registry: Registry, *, values: Mapping[str, str], by: User
) -> Registry:
    """Let Mobula sign in with these credentials, by field; return the registry.

    A secret that is empty stays as it is, what else is empty is removed. Raises `Invalid`.
    """
    require(may_manage_registries(by, registry.team))
    row = _locked(registry)
    fields, known = fields_of(row), _known(row)
    wanted = merged(fields, known=known, given=values)
    raise_if_any([FieldError(name, why) for name, why in wrong_credentials(row, wanted)])
    row.sealed_credentials = sealed(row, wanted)
    row.save(update_fields=["sealed_credentials"])
    replaced = [one.name for one in fields if one.is_secret and values.get(one.name)]
    record(
        "registry.credentials_changed",
        actor=by,
        subject=row,
        team=row.team,
        before=told(fields, known),
        after={**told(fields, wanted), "replaced": replaced} if replaced else told(fields, wanted),
    )
    return row


@transaction.atomic
def remove_registry_credentials(registry: Registry, *, by: User) -> Registry:
    """Forget the registry's credentials; raises `WrongState` where it has none."""
    require(may_manage_registries(by, registry.team))
    row = _locked(registry)
    if not row.sealed_credentials:
        raise WrongState(f"{row} has no credentials.")
    before = told(fields_of(row), _known(row))
    row.sealed_credentials = ""
    row.save(update_fields=["sealed_credentials"])
    record("registry.credentials_removed", actor=by, subject=row, team=row.team, before=before)
    return row


def _locked(registry: Registry) -> Registry:
    row = Registry.objects.select_for_update().filter(pk=registry.pk).first()
    if row is None:
        raise WrongState(f"Registry {registry} was removed.")
    return row


def _known(registry: Registry) -> Mapping[str, str]:
    try:
        return credentials_of(registry)
    except BadCredentials:
        return {}


def _write(registry: Registry, *, host: str, prefix: str, ca: str) -> None:
    registry.host, registry.prefix = host.strip().lower(), prefix.strip().strip("/")
    registry.settings = {**registry.settings, "ca": ca.strip()}
    wrong = [*_wrong_place(registry), *_wrong_ca(ca.strip())]
    try:
        with as_invalid(field="name"):
            registry.full_clean()
    except Invalid as invalid:
        wrong = [*invalid.errors, *wrong]
    raise_if_any(wrong)
    registry.save()


def _wrong_place(registry: Registry) -> list[FieldError]:
    if registry.kind not in set(RegistryKind):
        return []  # the row's own check says so
    check = _HOSTS.get(RegistryKind(registry.kind), wrong_host)
    found = (("host", check(registry.host)), ("prefix", wrong_prefix(registry.prefix)))
    return [FieldError(field, why) for field, why in found if why]


def _wrong_ca(ca: str) -> list[FieldError]:
    if len(ca) > _MOST_CA:
        return [FieldError("ca", f"This is longer than {_MOST_CA} characters.")]
    try:
        trusting(ca)
    except InvalidRequest as error:
        return [FieldError("ca", str(error))]
    return []


def _audited(registry: Registry) -> dict[str, Any]:
    values = {name: getattr(registry, name) for name in ("name", "kind", "host", "prefix")}
    return {**values, "has_ca": bool(registry.settings.get("ca"))}
