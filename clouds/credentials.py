"""The credentials of a cloud, sealed in its row with the installation's secret key."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.sealing import open_values, reseal_rows, seal_values
from clouds.models import Cloud
from providers.base import BadCredentials


def credentials_of(cloud: Cloud) -> dict[str, str]:
    """Return the credentials by field; none where Mobula's own identity is used.

    Raises `BadCredentials` when no key opens them: another identity must not be used instead.
    """
    content = open_values(cloud.sealed_credentials, owner=_owner(cloud))
    if content is None:
        raise BadCredentials(
            f"The credentials of cloud {cloud} cannot be read with this installation's secret key. "
            "Enter them again."
        )
    return content


def sealed(cloud: Cloud, values: Mapping[str, str]) -> str:
    """Return the credentials as the cloud's row keeps them; "" for none."""
    return seal_values(values, owner=_owner(cloud))


def reseal() -> list[Cloud]:
    """Seal all credentials with the current key; return those whose none opens."""
    return reseal_rows(Cloud.objects.all(), owner_of=_owner)


def _owner(cloud: Cloud) -> str:
    return f"cloud:{cloud.pk}"
