"""Secrets at rest: readable only with the installation's secret key, or one it replaced.

A sealed text is the id of the key, a dot, and nonce and ciphertext of AES-256-GCM as hexadecimal
digits. What it belongs to is authenticated with it, so that a sealed text opens there alone.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

_NONCE = 12  # bytes, as NIST SP 800-38D recommends


def key_id(key: str) -> str:
    """Return what tells keys apart without telling the key."""
    return _derived(key, b"id")[:6].hex()


def seal(content: bytes, *, owner: str, key: str) -> str:
    """Return the content, sealed for what is named `owner`."""
    nonce = secrets.token_bytes(_NONCE)
    cipher = _cipher(key).encrypt(nonce, content, owner.encode())
    return f"{key_id(key)}.{(nonce + cipher).hex()}"


def unseal(sealed: str, *, owner: str, keys: Sequence[str]) -> bytes | None:
    """Return the content; None where none of the keys sealed it for this owner."""
    name, _, digits = sealed.partition(".")
    for key in keys:
        if name != key_id(key):
            continue
        nonce, cipher = bytes.fromhex(digits[: 2 * _NONCE]), bytes.fromhex(digits[2 * _NONCE :])
        try:
            return _cipher(key).decrypt(nonce, cipher, owner.encode())
        except InvalidTag:
            continue
    return None


def seal_values(values: Mapping[str, str], *, owner: str) -> str:
    """Return the values as `sealed_credentials` of a row has them; they open for `owner` alone."""
    if not values:
        return ""
    content = json.dumps(dict(sorted(values.items()))).encode()
    return seal(content, owner=owner, key=settings.SECRET_KEY)


def open_values(sealed: str, *, owner: str) -> dict[str, str] | None:
    """Return the values by field, {} for none; None where no key of the installation opens them."""
    if not sealed:
        return {}
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    content = unseal(sealed, owner=owner, keys=keys)
    return None if content is None else json.loads(content)


def reseal_rows[M: models.Model](
    rows: models.QuerySet[M], *, owner_of: Callable[[M], str]
) -> list[M]:
    """Seal the credentials of the rows with the current key; return the rows whose none opens."""
    lost = []
    old = rows.exclude(sealed_credentials="")
    for row in old.exclude(sealed_credentials__startswith=key_id(settings.SECRET_KEY)):
        sealed: str = row.sealed_credentials  # type: ignore[attr-defined]
        values = open_values(sealed, owner=owner_of(row))
        if values is None:
            lost.append(row)
            continue
        # Credentials that were entered meanwhile are newer.
        rows.filter(pk=row.pk, sealed_credentials=sealed).update(
            sealed_credentials=seal_values(values, owner=owner_of(row))
        )
    return lost


def _cipher(key: str) -> AESGCM:
    return AESGCM(_derived(key, b"cipher"))


def _derived(key: str, purpose: bytes) -> bytes:
    return hmac.digest(key.encode(), b"mobula.tokens." + purpose, "sha256")
