"""pg_dump and pg_restore of a database that a URL names; they connect as the role of the URL."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mobula.stack.errors import StackError
from mobula.stack.postgres import bundled_program


@dataclass(frozen=True)
class Database:
    """A database with Mobula's tables, or an empty one."""

    url: str

    def facts(self) -> tuple[int, list[str]]:
        """Return the server's major version and the applied migrations, as `app.name`."""
        with self._connect() as connection:
            rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
            return connection.info.server_version // 10_000, [name for (name,) in rows]

    def dump(self, target: Path) -> None:
        """Write what the database holds at this moment to `target`; it may be in use."""
        self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        if "TABLE DATA public" not in _run([_program("pg_restore"), "--list", str(target)]):
            raise StackError("The dump holds no rows: check DATABASE_URL.")

    def restore(self, source: Path) -> None:
        """Fill the database, all or nothing; what it makes belongs to the role of the URL."""
        options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        self._run("pg_restore", *options, str(source))

    def refuse_in_use(self) -> None:
        """Raise a StackError unless the database is empty and nobody else is connected."""
        with self._connect() as connection:
            others = connection.execute(
                """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
            ).fetchone()
            tables = connection.execute(
                """SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'S')
                   AND relnamespace = current_schema::regnamespace"""
            ).fetchone()
        if others and others[0]:
            raise StackError(
                f"{others[0]} other programs are connected to the database of DATABASE_URL: stop "
                "web, worker and scheduler first."
            )
        if tables and tables[0]:
            raise StackError("The database of DATABASE_URL is not empty: name a new one.")

    def _connect(self) -> psycopg.Connection:
        try:
            return psycopg.connect(self.url, connect_timeout=10)
        except psycopg.OperationalError as error:
            raise StackError(f"The database cannot be reached: {error}") from error

    def _run(self, program: str, *options: str) -> None:
        # The password goes by the environment: everybody on the machine reads command lines.
        parts = conninfo_to_dict(self.url)
        password = parts.pop("password", None)
        environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
        command = [_program(program), "--dbname", make_conninfo("", **parts), *options]
        _run(command, environment=environment)


def _program(name: str) -> str:
    """Return the program of the newest PostgreSQL that is installed beside Mobula, or on PATH."""
    try:
        return str(bundled_program(name))
    except StackError:
        path = shutil.which(name)
        if path is None:
            raise StackError(f"{name} is not installed: install PostgreSQL's client.") from None
        return path


def _run(command: list[str], *, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[0]
        raise StackError(f"{Path(command[0]).name} failed: {reason}")
    return done.stdout
