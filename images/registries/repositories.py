"""The repositories that built images are pushed to: created where the registry says so."""

from __future__ import annotations

from domain.images.registry_hosts import ecr_account, ecr_region
from domain.images.uri import read_uri
from images.models import Registry
from images.registries.build_places import creates_repositories, settings_of
from images.registries.credentials import credentials_of
from providers.aws.containers.repositories import ensure_repository
from providers.errors import BadCredentials


def created_repository(registry: Registry, location: str) -> str:
    """Return the repository of an image if it was created now; "" where nothing was to be done.

    Raises `ProviderError` subclasses.
    """
    if not creates_repositories(registry):
        return ""
    credentials = credentials_of(registry)
    if registry.team_id and not credentials.get("access_key_id"):
        # With its own identity, Mobula would create for a team what others pay for.
        raise BadCredentials(f"Registry {registry} has no access key. Enter one.")
    values, name = settings_of(registry), read_uri(location).repository
    is_new = ensure_repository(
        name,
        region=str(values.get("region") or ecr_region(registry.host)),
        credentials=credentials,
        account=ecr_account(registry.host),
        endpoint=str(values.get("endpoint", "")),
    )
    return name if is_new else ""
