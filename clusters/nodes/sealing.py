"""Tokens at rest: readable only with the secret key, or one it replaced.

A sealed text is the id of the key, a dot, and nonce and ciphertext of AES-256-GCM as hexadecimal
digits. The run is authenticated with it, so that a sealed text opens in its own row alone.
"""

import hmac
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12  # bytes, as NIST SP 800-38D recommends
_TOKEN = 64  # hexadecimal digits


def key_id(key: str) -> str:
    """Return what tells keys apart without telling the key."""
    return _derived(key, b"id")[:6].hex()


def seal(tokens: tuple[str, str], *, run: str, key: str) -> str:
    """Return two tokens of 64 hexadecimal digits, sealed for the run named `run`."""
    nonce = secrets.token_bytes(_NONCE)
    content = bytes.fromhex("".join(tokens))
    cipher = _cipher(key).encrypt(nonce, content, run.encode())
    return f"{key_id(key)}.{(nonce + cipher).hex()}"


def unseal(sealed: str, *, run: str, keys: Sequence[str]) -> tuple[str, str] | None:
    """Return the tokens; None where none of the keys sealed them for this run."""
    name, _, digits = sealed.partition(".")
    for key in keys:
        if name != key_id(key):
            continue
        nonce, cipher = bytes.fromhex(digits[: 2 * _NONCE]), bytes.fromhex(digits[2 * _NONCE :])
        try:
            plain = _cipher(key).decrypt(nonce, cipher, run.encode()).hex()
        except InvalidTag:
            continue
        return plain[:_TOKEN], plain[_TOKEN:]
    return None


def _cipher(key: str) -> AESGCM:
    return AESGCM(_derived(key, b"cipher"))


def _derived(key: str, purpose: bytes) -> bytes:
    return hmac.digest(key.encode(), b"mobula.tokens." + purpose, "sha256")
