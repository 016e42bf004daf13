"""A backup made while Mobula serves, restored in another place: everything is there again."""

import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mobula.stack.home import ROOT
from mobula.stack.postgres import PostgresServer
from tests.e2e.stack import Console, console
from tests.e2e.stack.environment import plain_environment

COUNTS = """
    SELECT (SELECT count(*) FROM configurations_version) AS versions,
        (SELECT count(*) FROM accounts_user) AS users,
        (SELECT count(*) FROM metering_ratecardversion) AS rates,
        (SELECT count(*) FROM metering_sample) AS samples
"""
AUDIT = "SELECT * FROM accounts_auditentry ORDER BY id"


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `mobula` on the installation in `home`."""
    return subprocess.run(
        [sys.executable, "-m", "mobula.cli", *arguments],
        env={**plain_environment(), "MOBULA_HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A short directory that PostgreSQL's account can enter."""
    directory = Path(tempfile.mkdtemp(prefix="mbr-", dir="/tmp"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def test_a_backup_made_while_serving_restores_everything(elsewhere: Path) -> None:
    archive = elsewhere / "backup.tar"
    with console() as mobula:
        mobula.python(
            "from django.utils import timezone; from uuid import uuid4\n"
            "from django.db import connection\n"
            "from accounts.models import Team, User\n"
            "from accounts.services import create_team\n"
            "create_team('Research', by=User.objects.first())\n"
            "connection.cursor().execute('INSERT INTO metering_sample (cluster_id, node, at) "
            "VALUES (%s, %s, %s)', [uuid4(), 'a', timezone.now()])"
        )
        before = mobula.rows(COUNTS)
        audit = mobula.rows(AUDIT)
        key = mobula.home.secret_key()
        made = command(mobula.home.path, "backup", "--to", str(archive))
        assert made.returncode == 0, made.stderr
        assert stat.S_IMODE(archive.stat().st_mode) == 0o600
        again = command(mobula.home.path, "backup", "--to", str(archive))
        assert (again.returncode, "exists: name another file" in again.stderr) == (2, True)
        running = command(mobula.home.path, "restore", str(archive), "--replace")
        assert (running.returncode, "already uses" in running.stderr) == (2, True)
        assert mobula.healthy()
        cookies = dict(mobula.http.cookies)

    restored = Console(elsewhere / "home")
    done = command(restored.home.path, "restore", str(archive))
    assert done.returncode == 0, done.stderr
    assert restored.home.secret_key() == key
    with PostgresServer(restored.home.postgres) as postgres:
        serving = psycopg.connect(postgres.url)
        with serving, pytest.raises(psycopg.errors.InsufficientPrivilege):
            serving.execute("DELETE FROM accounts_auditentry")
        with psycopg.connect(postgres.owner_url) as owner:
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute("TRUNCATE accounts_auditentry")
            owner.rollback()
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute("DELETE FROM accounts_auditentry")
    try:
        restored.start()
        assert restored.rows(COUNTS) == before
        assert restored.rows(AUDIT)[: len(audit)] == audit
        verified = command(restored.home.path, "audit", "verify")
        assert (verified.returncode, verified.stderr) == (0, "")
        restored.http.cookies.update(cookies)
        page = restored.http.get("/")
        assert (page.status_code, "Research" in page.text) == (200, True), page.url
    finally:
        restored.http.close()
        restored.stop()
    full = command(restored.home.path, "restore", str(archive))
    assert (full.returncode, "is not empty: use --replace" in full.stderr) == (2, True)
    replaced = command(restored.home.path, "restore", str(archive), "--replace")
    assert replaced.returncode == 0, replaced.stderr
    (aside,) = restored.home.path.glob("replaced-*")
    assert {"postgres", "secret-key"} <= {path.name for path in aside.iterdir()}
