"""Canaries: secrets that are planted in an installation, and wherever they could turn up."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import redis

from mobula.stack.valkey import ValkeyServer
from tests.e2e.stack import Console

# What signs in to a cloud; no one else uses these words.
SECRET_KEY = "canaryWJALRXUTNFEMI/K7MDENG+bPxRfiCYzKEY"
SESSION_TOKEN = "canarySessionTokenFwoGZXIvYXdzEBYaDK9v5wq"
TABLES = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"


def has_canary(found: bytes) -> bool:
    """Return whether one of the secrets is in it, as it is, in hexadecimal or in Base64."""
    return any(
        form in found
        for secret in (SECRET_KEY.encode(), SESSION_TOKEN.encode())
        for form in (secret, secret.hex().encode(), b64encode(secret).rstrip(b"="))
    )


def rows_of_tables(mobula: Console) -> dict[str, bytes]:
    """Return every table of the installation as text."""
    names = [row["name"] for row in mobula.rows(TABLES)]
    return {
        name: repr(mobula.rows(f'SELECT t::text FROM "{name}" AS t')).encode()  # noqa: S608
        for name in names
    }


def files_with_canary(mobula: Console) -> list[str]:
    """Return the files of the installation that hold a secret: logs, tables, those of nodes."""
    files = [path for path in mobula.home.path.rglob("*") if path.is_file()]
    return [str(path) for path in (*files, mobula.output) if has_canary(_bytes(path))]


def kept_by_broker(mobula: Console) -> dict[str, bytes]:
    """Return what the message broker holds."""
    with redis.Redis(unix_socket_path=str(ValkeyServer(mobula.home.valkey).socket)) as broker:
        return {str(name): broker.dump(name) or b"" for name in broker.keys("*")}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # in the meantime
        return b""
