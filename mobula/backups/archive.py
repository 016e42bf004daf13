"""The archive of a backup: a tar file with a manifest, the database's dump and the secret keys."""

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mobula import __version__
from mobula.stack.errors import StackError

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
KEY = "secret-key"
FALLBACKS = "secret-key-fallbacks"
CONTENTS = (DUMP, KEY, FALLBACKS)
_MANIFEST_BYTES = 2**20


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an archive holds and which version of Mobula wrote it.

    `migrations` are those applied, as `app.name`; `files` gives the SHA-256 of each file.
    """

    format: int
    mobula: str
    postgresql: int
    created: str
    migrations: list[str]
    files: dict[str, str]


def write(
    target: Path, *, files: Mapping[str, Path], postgresql: int, created: str, migrations: list[str]
) -> None:
    """Write the archive `target`, which is private and must not exist, whole or not at all."""
    manifest = Manifest(
        format=FORMAT,
        mobula=__version__,
        postgresql=postgresql,
        created=created,
        migrations=migrations,
        files={name: _digest(path) for name, path in files.items()},
    )
    draft = target.with_name(f".{target.name}.partial")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            with tarfile.open(fileobj=stream, mode="w") as tar:
                listing = next(iter(files.values())).with_name(MANIFEST)
                listing.write_text(json.dumps(asdict(manifest), indent=1))
                for name, path in {MANIFEST: listing, **files}.items():
                    member = tarfile.TarInfo(name)
                    member.size, member.mode = path.stat().st_size, 0o600
                    with path.open("rb") as content:
                        tar.addfile(member, content)
            stream.flush()
            os.fsync(stream.fileno())
        check(draft)
        os.link(draft, target)  # unlike a rename it never replaces another backup
    except FileExistsError:
        raise StackError(f"{target} exists: name another file with --to.") from None
    finally:
        draft.unlink(missing_ok=True)


def check(source: Path) -> Manifest:
    """Return the manifest of an archive whose files are all there and unchanged."""
    return _read(source, into=None)


def extract(source: Path, *, into: Path) -> Manifest:
    """Write the files of an archive into the directory `into`; refuse a damaged archive."""
    return _read(source, into=into)


def refuse_newer(manifest: Manifest) -> None:
    """Raise a StackError when a later version of Mobula wrote the archive."""
    unknown = [name for name in manifest.migrations if not _is_known(name)]
    if _numbers(manifest.mobula) > _numbers(__version__) or unknown:
        reason = f" (it has the migration {unknown[0]})" if unknown else ""
        raise StackError(
            f"The backup was written by Mobula {manifest.mobula}{reason}, which is newer than "
            f"this one ({__version__}): install that version and restore again."
        )


def _read(source: Path, *, into: Path | None) -> Manifest:
    try:
        with tarfile.open(source, "r:") as tar:
            members = tar.getmembers()
            manifest = _manifest(tar, members)
            names = [member.name for member in members]
            if sorted(names) != sorted([MANIFEST, *manifest.files]):
                raise _damaged(source, f"it holds {', '.join(names)}")
            for member in members:
                if member.name != MANIFEST:
                    _take(tar, member, manifest=manifest, source=source, into=into)
    except (OSError, tarfile.TarError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(source, str(error) or type(error).__name__) from error
    return manifest


def _manifest(tar: tarfile.TarFile, members: list[tarfile.TarInfo]) -> Manifest:
    first = members[0] if members else tarfile.TarInfo()
    if first.name != MANIFEST or not first.isreg() or first.size > _MANIFEST_BYTES:
        raise ValueError("it does not begin with a manifest")
    content = tar.extractfile(first)
    fields: dict[str, Any] = json.loads(content.read()) if content else {}
    if fields.get("format") != FORMAT:
        raise ValueError(f"its format is {fields.get('format')}, not {FORMAT}")
    manifest = Manifest(**fields)
    # Names are known ones, so that none leads out of the directory.
    if DUMP not in manifest.files or not set(manifest.files) <= set(CONTENTS):
        raise ValueError(f"it lists {', '.join(manifest.files)}")
    return manifest


def _take(
    tar: tarfile.TarFile,
    member: tarfile.TarInfo,
    *,
    manifest: Manifest,
    source: Path,
    into: Path | None,
) -> None:
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise _damaged(source, f"{member.name} is no file")
    if into is not None:
        descriptor = os.open(into / member.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            shutil.copyfileobj(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        digest = _digest(into / member.name)
    else:
        hashed = hashlib.sha256()
        while block := content.read(2**20):
            hashed.update(block)
        digest = hashed.hexdigest()
    if digest != manifest.files[member.name]:
        raise _damaged(source, f"the SHA-256 of {member.name} differs")


def _damaged(source: Path, reason: str) -> StackError:
    return StackError(f"{source} is not a complete backup of Mobula: {reason}.")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _is_known(migration: str) -> bool:
    app, _, name = migration.partition(".")
    if not (app.isidentifier() and f"_{name}".isidentifier()):
        return False
    for package in (app, f"django.contrib.{app}"):
        try:
            if find_spec(f"{package}.migrations.{name}"):
                return True
        except ModuleNotFoundError:
            continue
    return False
