"""The credentials of a registry, sealed in its row with the installation's secret key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from accounts.sealing import open_values, reseal_rows, seal_values
from domain.catalogue.credentials import CredentialField
from images.models import Registry, RegistryKind
from providers.aws.sign_in import CREDENTIALS as AWS_FIELDS
from providers.aws.sign_in import wrong_credentials as wrong_aws
from providers.errors import BadCredentials

FIELDS: Mapping[RegistryKind, tuple[CredentialField, ...]] = {
    RegistryKind.OCI: (
        CredentialField(
            name="username",
            label="User name",
            help="Leave it empty if the registry needs no login.",
        ),
        CredentialField(
            name="password",
            label="Password or access token",
            is_secret=True,
            belongs_to="username",
        ),
    ),
    RegistryKind.ECR: AWS_FIELDS,
    RegistryKind.ARTIFACT_REGISTRY: (
        CredentialField(
            name="key",
            label="Service account key",
            help="The JSON key of a service account with the role Artifact Registry Reader.",
            is_secret=True,
        ),
    ),
}
_MOST_KEY = 10_000


def fields_of(registry: Registry) -> tuple[CredentialField, ...]:
    """Return the fields in which its credentials are entered."""
    return FIELDS[RegistryKind(registry.kind)]


def wrong_credentials(registry: Registry, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what cannot sign in, by field."""
    match RegistryKind(registry.kind):
        case RegistryKind.OCI:
            yield from _wrong_password(values)
        case RegistryKind.ECR:
            yield from wrong_aws(values)
            if registry.team_id and not values.get("access_key_id"):
                # With its own identity, Mobula would read for a team what others own.
                yield "access_key_id", "A team's registry needs an access key of its own."
        case RegistryKind.ARTIFACT_REGISTRY:
            yield from _wrong_key(values)


def credentials_of(registry: Registry) -> dict[str, str]:
    """Return the credentials by field; {} for none.

    Raises `BadCredentials` when no key opens them.
    """
    content = open_values(registry.sealed_credentials, owner=_owner(registry))
    if content is None:
        raise BadCredentials(
            f"The credentials of registry {registry} cannot be read with this installation's "
            "secret key. Enter them again."
        )
    return content


def sealed(registry: Registry, values: Mapping[str, str]) -> str:
    """Return the credentials as the registry's row keeps them; "" for none."""
    return seal_values(values, owner=_owner(registry))


def reseal() -> list[Registry]:
    """Seal all credentials with the current key; return those whose none opens."""
    return reseal_rows(Registry.objects.all(), owner_of=_owner)


def _owner(registry: Registry) -> str:
    return f"registry:{registry.pk}"


def _wrong_password(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    name, password = values.get("username", ""), values.get("password", "")
    if ":" in name:
        yield "username", f"'{name}' has a colon, which separates it from the password. Remove it."
    if password and not name:
        yield "username", "Enter the user name of this password."
    if name and not password:
        yield "password", "Enter the password or access token of this user name."


def _wrong_key(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    text = values.get("key", "")
    if not text:
        return
    try:
        key = json.loads(text) if len(text) <= _MOST_KEY else None
    except (ValueError, RecursionError):
        key = None
    if not isinstance(key, dict):
        key = {}
    is_key = key.get("type") == "service_account"
    if not is_key or not key.get("private_key") or not key.get("client_email"):
        yield "key", "This is not the key of a service account. Paste the whole JSON file."
