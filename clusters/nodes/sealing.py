"""Tokens at rest: readable only with the secret key, or one it replaced.

A sealed text is the id of the key, a dot, and nonce, ciphertext and tag as hexadecimal digits. The
two tokens are 64 bytes, as long as one HMAC-SHA512 of a random nonce, which serves as a pad that is
never used again. The tag covers the run, so that a sealed text opens in its own row alone.
"""

import hmac
import secrets
from collections.abc import Sequence

_NONCE = 16
_TOKENS = 64
_TAG = 16


def key_id(key: str) -> str:
    """Return what tells keys apart without telling the key."""
    return _mac(key, b"id")[:6].hex()


def seal(tokens: tuple[str, str], *, run: str, key: str) -> str:
    """Return two tokens of 64 hexadecimal digits, sealed for the run named `run`."""
    nonce = secrets.token_bytes(_NONCE)
    cipher = _xor(bytes.fromhex("".join(tokens)), _pad(key, nonce))
    return f"{key_id(key)}.{(nonce + cipher + _tag(key, nonce + cipher, run)).hex()}"


def unseal(sealed: str, *, run: str, keys: Sequence[str]) -> tuple[str, str] | None:
    """Return the tokens; None where none of the keys sealed them for this run."""
    name, _, digits = sealed.partition(".")
    for key in keys:
        if name != key_id(key):
            continue
        content = bytes.fromhex(digits)
        body, tag = content[:-_TAG], content[-_TAG:]
        if hmac.compare_digest(tag, _tag(key, body, run)):
            plain = _xor(body[_NONCE:], _pad(key, body[:_NONCE])).hex()
            return plain[:_TOKENS], plain[_TOKENS:]
    return None


def _pad(key: str, nonce: bytes) -> bytes:
    return _mac(key, b"pad", nonce)


def _tag(key: str, body: bytes, run: str) -> bytes:
    return _mac(key, b"tag", body, run.encode())[:_TAG]


def _mac(key: str, purpose: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key.encode(), b"mobula.tokens." + purpose + b":" + b"".join(parts), "sha512")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
