"""`mobula restore`: an installation from a backup, in an empty place or in place of another."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mobula.backups import archive
from mobula.backups.database import Database
from mobula.keys import write_private
from mobula.stack import programs
from mobula.stack.errors import StackError
from mobula.stack.home import ROOT, Home
from mobula.stack.postgres import PostgresServer
from mobula.stack.up import end_leftovers
from mobula.stack.valkey import ValkeyServer

Say = Callable[[str], None]
# No state of the console: what runs now, its logs, and the files of nodes that may be running.
LEFT = {"run", "log", "beat", "valkey", "static", "agent", "local"}
REPLACED, FAILED = "replaced-", "failed-restore-"


def restore(home: Home, source: Path, *, replace: bool, port: int, say: Say) -> None:
    """Restore the archive `source`, into DATABASE_URL where it is set, else into `home`.

    Afterwards it is complete, or as it was before: what `replace` moves aside is moved back.
    """
    with tempfile.TemporaryDirectory(prefix="mobula-restore-") as name:
        directory = Path(name)
        manifest = archive.extract(source.expanduser().absolute(), into=directory)
        archive.refuse_newer(manifest)
        say(f"The backup of {manifest.created} by Mobula {manifest.mobula} is complete.")
        if url := os.environ.get("DATABASE_URL"):
            _into_database(Database(url), directory=directory, replace=replace, say=say)
        else:
            _into_home(home, directory=directory, replace=replace, port=port, say=say)
    say("Restored.")


def _into_database(database: Database, *, directory: Path, replace: bool, say: Say) -> None:
    if replace:
        raise StackError("--replace is for MOBULA_HOME: name an empty database in DATABASE_URL.")
    keys = [os.environ.get("MOBULA_SECRET_KEY", "")]
    keys += os.environ.get("MOBULA_SECRET_KEY_FALLBACKS", "").split(",")
    if (directory / archive.KEY).read_text().strip() not in keys:
        raise StackError(
            "MOBULA_SECRET_KEY is not the key of the backup, without which clusters lose their "
            "tokens: set it to that of the archive (`tar -xOf FILE secret-key`), or add that to "
            "MOBULA_SECRET_KEY_FALLBACKS."
        )
    database.refuse_in_use()
    database.restore(directory / archive.DUMP)
    say("Preparing the database…")
    _prepare({"DJANGO_SETTINGS_MODULE": "mobula.settings", **os.environ})


def _into_home(home: Home, *, directory: Path, replace: bool, port: int, say: Say) -> None:
    home.open()
    with home.locked(), home.explained():
        end_leftovers(home, say=say)
        if _contents(home) and not replace:
            raise StackError(
                f"{home.path} is not empty: use --replace, which moves what is there to a "
                "directory below it, or set MOBULA_HOME to another directory."
            )
        with _in_place_of(home, say=say):
            for name in (archive.KEY, archive.FALLBACKS):
                if (directory / name).exists():
                    write_private(home.path / name, (directory / name).read_text())
            with PostgresServer(home.postgres) as postgres:
                Database(postgres.owner_url).restore(directory / archive.DUMP)
                valkey = ValkeyServer(home.valkey)
                environment = programs.environment(
                    home, port=port, postgres=postgres, valkey=valkey
                )
                say("Preparing the database…")
                _prepare(programs.as_owner(environment, postgres=postgres))


@contextmanager
def _in_place_of(home: Home, *, say: Say) -> Iterator[None]:
    """Move the contents of `home` aside for good, or back when the block fails."""
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    contents = _contents(home)
    aside = home.path / f"{REPLACED}{stamp}"
    home.restoring.touch(mode=0o600)
    if contents:
        _move(contents, aside)
    try:
        yield
    except BaseException:
        _move(_contents(home), home.path / f"{FAILED}{stamp}")
        if contents:
            _move(list(aside.iterdir()), home.path)
            aside.rmdir()
        raise
    finally:
        home.restoring.unlink()
    if contents:
        say(f"What was there before is in {aside}: remove it when you no longer need it.")


def _contents(home: Home) -> list[Path]:
    """Return what a restore would replace."""
    kept = (REPLACED, FAILED)
    return [
        entry
        for entry in home.path.iterdir()
        if entry.name not in LEFT
        and not entry.name.startswith(kept)
        and entry != home.restoring
        and not (entry.is_dir() and not entry.is_symlink() and not any(entry.iterdir()))
    ]


def _move(entries: list[Path], directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    for entry in entries:
        entry.rename(directory / entry.name)


def _prepare(environment: Mapping[str, str]) -> None:
    """Bring the database to this version, and grant the serving role its rights."""
    done = subprocess.run(
        [sys.executable, "-m", "django", "prepare"],
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise StackError(f"`prepare` failed on the restored database: {reason}")
