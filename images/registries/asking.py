"""Who is asked for an image of a team, and as whom."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F

from domain.images.registry_hosts import ecr_region
from domain.images.uri import ImageUri
from images.models import Registry, RegistryKind
from images.registries.credentials import credentials_of
from providers.aws.containers.ecr import EcrLogin
from providers.errors import BadCredentials
from providers.oci import Login, Password, RegistryClient

if TYPE_CHECKING:
    from accounts.models import Team

log = logging.getLogger(__name__)


def registry_at(host: str, *, team: Team | None) -> Registry | None:
    """Return the registry that a team uses at a host: its own, else one of all teams."""
    rows = Registry.objects.filter(host=host)
    rows = rows.usable_by(team) if team else rows.filter(team=None)
    return rows.order_by(F("team").asc(nulls_last=True), "name").first()


def client_for(uri: ImageUri, *, registry: Registry | None) -> RegistryClient:
    """Return the client for an image's repository; asks nobody yet."""
    if registry is None:
        login: Login = Password(settings.REGISTRY_CREDENTIALS.get(uri.host, ""))
        return RegistryClient(uri.host, uri.repository, login=login)
    ca = str(registry.settings.get("ca", ""))
    return RegistryClient(uri.host, uri.repository, login=login_of(registry), ca=ca)


def password_for(host: str, *, team: Team | None) -> str:
    """Return as whom a team's nodes get their tokens: "USER:PASSWORD", "" for nobody.

    It is that of the team's registry, of one of all teams, or of MOBULA_REGISTRY_CREDENTIALS.
    Raises ProviderError and its subclasses.
    """
    registry = registry_at(host, team=team)
    password = login_of(registry).password() if registry else ""
    return password or str(settings.REGISTRY_CREDENTIALS.get(host, ""))


def passwords_of(team: Team | None) -> dict[str, str]:
    """Return as whom images of a team can be asked for, "USER:PASSWORD" by host.

    Without those of Amazon ECR, and without what cannot be read: nodes would not get them either.
    """
    rows = Registry.objects.exclude(sealed_credentials="").exclude(kind=RegistryKind.ECR)
    rows = rows.usable_by(team) if team else rows.filter(team=None)
    found = {}
    # The team's own come last, and win.
    for row in rows.order_by(F("team").asc(nulls_first=True), "-name"):
        try:
            found[row.host] = login_of(row).password()
        except BadCredentials:
            log.warning("credentials cannot be read", extra={"registry": row.pk})
    return {host: password for host, password in found.items() if password}


def certificates_of(team: Team | None) -> dict[str, str]:
    """Return the CA certificates of the registries that a team uses, PEM by host."""
    rows = Registry.objects.exclude(settings__ca=None).exclude(settings__ca="")
    rows = rows.usable_by(team) if team else rows.filter(team=None)
    # The team's own come last, and win.
    ordered = rows.order_by(F("team").asc(nulls_first=True), "-name")
    return {row.host: str(row.settings["ca"]) for row in ordered}


def has_password(host: str, *, team: Team | None) -> bool:
    """Return whether there are credentials for a host; asks nobody but the database."""
    if host in settings.REGISTRY_CREDENTIALS:
        return True
    registry = registry_at(host, team=team)
    # Nodes pull from ECR by their own role: it lends no token for one repository.
    return registry is not None and bool(
        registry.sealed_credentials and registry.kind != RegistryKind.ECR
    )


def login_of(registry: Registry) -> Login:
    """Return as whom Mobula signs in to a registry; raises ProviderError subclasses."""
    values = credentials_of(registry)
    match RegistryKind(registry.kind):
        case RegistryKind.OCI:
            name = values.get("username", "")
            return Password(f"{name}:{values.get('password', '')}" if name else "")
        case RegistryKind.ARTIFACT_REGISTRY:
            return Password(_key(values))
        case RegistryKind.ECR:
            if registry.team_id and not values.get("access_key_id"):
                raise BadCredentials(f"Registry {registry} has no access key. Enter one.")
            return _ecr_login(ecr_region(registry.host), tuple(sorted(values.items())))


def _key(values: Mapping[str, str]) -> str:
    """Return the key as Google's token service takes it, in one line."""
    key = values.get("key", "")
    return f"_json_key:{json.dumps(json.loads(key))}" if key else ""


@lru_cache(maxsize=64)
def _ecr_login(region: str, credentials: tuple[tuple[str, str], ...]) -> EcrLogin:
    """Its token holds for 12 hours: all who ask in this process share it."""
    return EcrLogin(region=region, credentials=dict(credentials))
