"""A whole Mobula with real processes in a home of its own, and its first admin, signed in.

    with console() as mobula:
        version = mobula.make_template("train", TEXT)
        cluster = mobula.launch("one", version=version)

The stack is `mobula up` itself. Tests act over HTTP, as a browser does, and look into the database.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from mobula.stack import programs
from mobula.stack.health import answers
from mobula.stack.home import ROOT, Home
from mobula.stack.identity import Identity
from mobula.stack.postgres import PostgresServer
from mobula.stack.valkey import ValkeyServer
from tests.e2e.cluster import DrivenCluster
from tests.e2e.stack import prepared
from tests.e2e.stack.environment import plain_environment
from tests.e2e.waiting import eventually
from tests.guard import guarded, remove

SIGN_IN = re.compile(r"\(this link works once\):\s+(\S+)")
STOP_SECONDS = 120

type Row = dict[str, Any]


class Console:
    """A `mobula up` of our own. `http` is the session of its first admin."""

    def __init__(self, directory: Path) -> None:
        self.home = Home(directory)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = directory.with_name(f"{directory.name}.log")
        self.shared = directory.with_name(f"{directory.name}.shared")
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=self.url, timeout=60, follow_redirects=True)

    def start(self) -> None:
        """Run `mobula up` until it is ready; again on the same home after `stop`."""
        self.begin()
        eventually(self.ready, what="`mobula up` is ready", seen=self.output.read_text)
        eventually(lambda: set(self.programs()) == set(programs.ORDER), what="all programs run")

    def begin(self) -> None:
        """Run `mobula up`, and do not wait."""
        with self.output.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mobula.cli", "up"],
                env={
                    **plain_environment(),
                    "MOBULA_HOME": str(self.home.path),
                    "MOBULA_PORT": str(self.port),
                    "MOBULA_GIT_HTTP_HOSTS": "127.0.0.1",
                    "MOBULA_MOVE_SECONDS": "20",  # an actor that must move need not be waited for
                },
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def ready(self) -> bool:
        """Return whether it has printed its summary; fails when it has ended."""
        assert self.process is not None
        assert self.process.poll() is None, self.output.read_text()
        return "Mobula is ready" in self.output.read_text()

    def stop(self) -> None:
        """Stop it as Ctrl-C does; clusters run on."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)

    def crash(self) -> None:
        """Kill the supervisor and all its programs at once, as a power failure does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        for file in self.home.run.glob("*.pid"):
            if (identity := Identity.read(file)) and identity.alive():
                os.killpg(identity.pid, signal.SIGKILL)

    def programs(self) -> dict[str, Identity]:
        """Return the stack's running programs by name."""
        noted = {n: Identity.read(self.home.run / f"{n}.pid") for n in programs.ORDER}
        return {name: found for name, found in noted.items() if found and found.alive()}

    def healthy(self) -> bool:
        """Return whether all programs run and the web process and its database answer."""
        return set(self.programs()) == set(programs.ORDER) and answers(self.port, url=self.url)

    def environment(self) -> dict[str, str]:
        """Return the environment in which other programs share this installation."""
        return {
            **plain_environment(),
            "DJANGO_SETTINGS_MODULE": "mobula.settings",
            "DATABASE_URL": PostgresServer(self.home.postgres).url,
            "BROKER_URL": ValkeyServer(self.home.valkey).url,
            "MOBULA_HOME": str(self.home.path),
            "MOBULA_SECRET_KEY": self.home.secret_key(),
            "MOBULA_URL": self.url,
        }

    def python(self, code: str) -> str:
        """Run `code` in a process with this installation's Django; return what it prints."""
        ran = subprocess.run(
            [sys.executable, "-m", "django", "shell", "--verbosity", "0", "-c", code],
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def share(self, program: Path) -> Path:
        """Return a copy of the program that jobs can read: they may run as another account."""
        self.shared.mkdir(mode=0o755, exist_ok=True)
        copy = Path(shutil.copyfile(program, self.shared / program.name))
        copy.chmod(0o644)
        return copy

    def rows(self, query: str, *values: object) -> list[Row]:
        """Return what the database answers; each call opens a connection of its own."""
        url = PostgresServer(self.home.postgres).url
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()

    @property
    def link(self) -> str:
        """The address that signs the first admin in once, as it was printed."""
        found = SIGN_IN.search(self.output.read_text())
        assert found, self.output.read_text()
        return found[1]

    def sign_in(self) -> None:
        """Use up the first admin's link."""
        path = self.link.removeprefix(self.url)
        assert self.http.get(path).status_code == 200
        assert self.post(path).status_code == 200

    def member(self, email: str, *, team: str) -> Console:
        """Return this console as an engineer of `team` sees it; both are made if they are new."""
        password = secrets.token_hex(16)
        self.python(
            "from accounts.models import Membership, Team, User\n"
            "from accounts.roles import Role\n"
            "from clouds.models import Cloud\n"
            f"team, _ = Team.objects.get_or_create(slug={team!r}, defaults={{'name': {team!r}}})\n"
            f"user, _ = User.objects.get_or_create(email={email!r})\n"
            f"user.set_password({password!r})\n"
            "user.save()\n"
            "Membership.objects.get_or_create(user=user, team=team, role=Role.ENGINEER)\n"
            "Cloud.objects.get(name='local').teams.add(team)"
        )
        return self.seen_by(email, password)

    def seen_by(self, email: str, password: str) -> Console:
        """Return this console with the session of somebody who signs in with a password."""
        person = copy(self)
        person.http = httpx.Client(base_url=self.url, timeout=60, follow_redirects=True)
        assert person.http.get("/accounts/sign-in/").status_code == 200
        page = person.post("/accounts/sign-in/", email=email, password=password)
        assert page.url.path == "/", page.text
        return person

    def post(
        self, path: str, *, files: dict[str, Any] | None = None, **fields: object
    ) -> httpx.Response:
        """Post a form as the signed-in admin and return the page it ends on."""
        headers = {"X-CSRFToken": self.http.cookies.get("csrftoken", ""), "Referer": self.url}
        values = {name: str(value) for name, value in fields.items()}
        return self.http.post(path, data=values, files=files or None, headers=headers)

    def make_template(self, name: str, text: str, *, team: str = "") -> int:
        """Return the id of version 1 of a new template of `team`, by default of the first."""
        teams = f"filter(slug={team!r})" if team else "all()"
        code = (
            "from accounts.models import Team, User\n"
            "from configurations.services.templates import create_template\n"
            f"version = create_template(team=Team.objects.{teams}.first(), name={name!r},"
            f" text={text!r},"
            " message='First.', by=User.objects.first())\n"
            "print(version.pk)"
        )
        return int(self.python(code).splitlines()[-1])

    def launch(self, name: str, *, version: int) -> DrivenCluster:
        """Post the launch form and return the cluster whose page follows."""
        page = self.post("/clusters/launch/", name=name, version=version)
        assert page.status_code == 200, page.text
        return DrivenCluster(self, id=page.url.path.strip("/").rpartition("/")[2])


@contextmanager
def installation(*, place: Callable[[Path], None] | None = None) -> Iterator[Console]:
    """Yield an empty installation that does not run yet; at the end nothing of it is left.

    `place` prepares its directory.
    """
    # Short, for the sockets below it.
    directory = Path(tempfile.mkdtemp(prefix="mbe-", dir="/tmp"))
    mobula = Console(directory)
    try:
        with guarded(directory):
            if place:
                place(directory)
            yield mobula
    finally:
        mobula.http.close()
        if "MOBULA_KEEP_HOME" not in os.environ:
            remove(directory)


@contextmanager
def console(
    *,
    signed_in: bool = True,
    is_prepared: bool = True,
    place: Callable[[Path], None] | None = None,
) -> Iterator[Console]:
    """Yield a running, empty installation; at the end nothing of it is left, Ray included.

    With `is_prepared` its tables are there before it starts for the first time.
    """
    with installation(place=place) as mobula:
        try:
            if is_prepared:
                prepared.prepare(mobula.home)
            mobula.start()
            if signed_in:
                mobula.sign_in()
            yield mobula
        finally:
            mobula.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plan_failures(console: Console, **failures: object) -> None:
    """Let this, and nothing else, go wrong on the installation's machine from now on."""
    directory = console.home.path / "local"
    directory.mkdir(exist_ok=True)
    draft = directory / "draft.json"
    draft.write_text(json.dumps(failures))
    draft.replace(directory / "failures.json")
