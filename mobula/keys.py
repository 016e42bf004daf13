"""The secret key: when it is too short, and the files that `mobula up` keeps it in.

`secret-key` holds the key and `secret-key-fallbacks` those it replaced, newest first, one a line.
"""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

LEAST_LENGTH = 50
LEAST_DISTINCT = 5


def weakness(key: str) -> str:
    """Return what is wrong with a key, and the way out, or '' for a good one.

    The limits are those of Django's check security.W009.
    """
    if len(key) >= LEAST_LENGTH and len(set(key)) >= LEAST_DISTINCT:
        return ""
    return (
        f"has {len(key)} characters, {len(set(key))} of them different: use at least "
        f"{LEAST_LENGTH} random ones, for example from `python -c 'import secrets; "
        "print(secrets.token_urlsafe(48))'`, and put the old key into MOBULA_SECRET_KEY_FALLBACKS "
        "to keep sessions and clusters."
    )


def new_key() -> str:
    """Return a new random key, without a comma."""
    return secrets.token_urlsafe(48)


def write_private(file: Path, text: str) -> Path:
    """Write a file that only its owner can read, on disk before this returns; return it."""
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    return file


class KeyFiles:
    """The files of an installation's keys, readable by us alone."""

    def __init__(self, home: Path) -> None:
        self.current = home / "secret-key"
        self.replaced = home / "secret-key-fallbacks"
        self._served = home / "secret-key-served"

    def key(self) -> str:
        """Return the key, made on first use."""
        if not self.current.exists():
            draft = write_private(self.current.with_suffix(".new"), new_key())
            with contextlib.suppress(FileExistsError):
                os.link(draft, self.current)  # unlike a rename it never replaces a key in use
            draft.unlink(missing_ok=True)
        return self.current.read_text().strip()

    def fallbacks(self) -> list[str]:
        """Return the keys that were replaced and are still accepted."""
        if not self.replaced.exists():
            return []
        key = self.key()
        return [line for line in self.replaced.read_text().split() if line != key]

    def rotate(self) -> None:
        """Put a new key in place of the current one, which becomes the first fallback.

        A crash between the two steps leaves the old key in both files, which changes nothing.
        """
        kept = [self.key(), *self.fallbacks()]
        _replace(self.replaced, "".join(f"{key}\n" for key in kept))
        _replace(self.current, new_key())

    def note_served(self, key: str) -> None:
        """Note that Mobula has started with `key` and sealed the clusters' tokens with it."""
        _replace(self._served, _fingerprint(key))

    def was_served(self) -> bool:
        """Return whether the last start of Mobula was with the current key."""
        return self._served.exists() and self._served.read_text() == _fingerprint(self.key())

    def drop_old(self) -> None:
        """Forget the keys that were replaced."""
        self.replaced.unlink(missing_ok=True)
        _sync(self.replaced.parent)


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _replace(file: Path, text: str) -> None:
    """Write a file so that a crash leaves the old or the new one."""
    write_private(file.with_name(f"{file.name}.new"), text).replace(file)
    _sync(file.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
