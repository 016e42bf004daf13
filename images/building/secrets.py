"""The secrets of a build: opened for its run, kept out of what is written, and then gone."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from accounts.sealing import open_values, reseal_rows, seal_values
from domain.images.secret_values import MASK
from images.models import BuildSecret, ImageVersion
from providers.builders.base import BuildError


class Mask:
    """Replaces the values of secrets in texts, as they are, in Base64 and in URLs."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for value in values:
            encoded = base64.b64encode(value.encode()).decode()
            lines = [line.strip() for line in value.splitlines()]
            forms |= {value, value.strip(), encoded, encoded.rstrip("="), quote(value, safe="")}
            forms |= {line for line in lines if len(line) >= _SHORTEST_LINE}
        # A value may be part of another one.
        self._forms = sorted(filter(None, forms), key=len, reverse=True)
        self.longest = max(map(len, self._forms), default=0)

    def __call__(self, text: str) -> str:
        """Return the text without the values."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


_SHORTEST_LINE = 6


def seal_secret(version: ImageVersion, name: str, value: str) -> str:
    """Return the value as the row of the secret has it."""
    return seal_values({"value": value}, owner=_owner(version.pk, name))


def secrets_of(version: ImageVersion) -> Mapping[str, str]:
    """Return the values by their names; raises `BuildError` where one cannot be opened."""
    found: dict[str, str] = {}
    for row in BuildSecret.objects.filter(version=version):
        values = open_values(row.sealed_credentials, owner=_owner(version.pk, row.name))
        if values is None:
            raise BuildError(
                f"The build secret {row.name} was sealed with another secret key. Enter it again."
            )
        found[row.name] = values["value"]
    return found


def forget_secrets(version: ImageVersion) -> None:
    """Remove the secrets of a version: its build has ended."""
    BuildSecret.objects.filter(version=version).delete()


def reseal_secrets() -> list[BuildSecret]:
    """Seal all with the current key; return those that no key of the installation opens."""
    return reseal_rows(
        BuildSecret.objects.all(), owner_of=lambda row: _owner(row.version_id, row.name)
    )


def _owner(version_id: int, name: str) -> str:
    return f"build secret {name} of version {version_id}"
