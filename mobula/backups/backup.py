"""`mobula backup`: everything that an installation needs to be itself again, in one file."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mobula.backups import archive
from mobula.backups.database import Database
from mobula.stack.errors import StackError
from mobula.stack.home import Home
from mobula.stack.postgres import PostgresServer


def backup(home: Home, *, to: Path | None, now: datetime | None = None) -> Path:
    """Write a backup, also while Mobula runs, and return its path.

    With DATABASE_URL it is that database, with MOBULA_SECRET_KEY; else those of `home`.
    """
    created = now or datetime.now(UTC)
    target = to or Path(f"mobula-backup-{created:%Y%m%d-%H%M%S}.tar")
    target = target.expanduser().absolute()
    if target.exists():
        raise StackError(f"{target} exists: name another file with --to.")
    if not target.parent.is_dir():
        raise StackError(f"{target.parent} is not a directory: name another file with --to.")
    with (
        _database(home) as database,
        tempfile.TemporaryDirectory(prefix=".mobula-backup-", dir=target.parent) as name,
    ):
        directory = Path(name)
        postgresql, migrations = database.facts()
        database.dump(directory / archive.DUMP)
        files = {archive.DUMP: directory / archive.DUMP, **_keys(home, directory=directory)}
        archive.write(
            target,
            files=files,
            postgresql=postgresql,
            created=created.isoformat(),
            migrations=migrations,
        )
    return target


@contextmanager
def _database(home: Home) -> Iterator[Database]:
    """Yield the database; where `mobula up` does not run, start its server for the time."""
    if url := os.environ.get("DATABASE_URL"):
        yield Database(url)
        return
    if not (home.postgres / "data").exists():
        raise StackError(f"{home.path} holds no database: set MOBULA_HOME.")
    home.open()
    server = PostgresServer(home.postgres)
    if server.ready():
        yield Database(server.owner_url)
        return
    with home.locked(), server:
        yield Database(server.owner_url)


def _keys(home: Home, *, directory: Path) -> dict[str, Path]:
    """Return the files with the keys, by their names in the archive."""
    if "DATABASE_URL" in os.environ or os.environ.get("MOBULA_SECRET_KEY"):
        key = directory / archive.KEY
        key.write_text(os.environ.get("MOBULA_SECRET_KEY", ""))
        fallbacks = os.environ.get("MOBULA_SECRET_KEY_FALLBACKS", "").split(",")
        (directory / archive.FALLBACKS).write_text("\n".join(filter(None, fallbacks)))
        return {archive.KEY: key, archive.FALLBACKS: directory / archive.FALLBACKS}
    files = {}
    for name in (archive.KEY, archive.FALLBACKS):
        if (home.path / name).exists():
            shutil.copyfile(home.path / name, directory / name)
            files[name] = directory / name
    return files
