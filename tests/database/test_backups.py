"""Archives that are damaged, foreign, hostile or newer, and a restore that fails half-way."""

import io
import json
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest

from mobula.backups import archive
from mobula.backups.restore import _in_place_of
from mobula.cli import main
from mobula.stack.errors import StackError
from mobula.stack.home import Home
from mobula.stack.up import up


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A complete archive with a dump that is no dump."""
    source = tmp_path / "source"
    source.mkdir()
    (source / archive.DUMP).write_bytes(b"rows")
    (source / archive.KEY).write_text("key")
    target = tmp_path / "backup.tar"
    archive.write(
        target,
        files={name: source / name for name in (archive.DUMP, archive.KEY)},
        postgresql=18,
        created="2026-01-01T00:00:00+00:00",
        migrations=["accounts.0001_initial", "auth.0001_initial"],
    )
    return target


def rewritten(backup: Path, change: Any) -> Path:
    """Return a copy of an archive whose members `change` has changed."""
    members = []
    with tarfile.open(backup) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member)
            assert content
            members.append((member, content.read()))
    with tarfile.open(backup, "w") as tar:
        for member, content in change(members):
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return backup


def with_manifest(backup: Path, **fields: Any) -> Path:
    def change(members: list[Any]) -> list[Any]:
        manifest = json.loads(members[0][1]) | fields
        return [(members[0][0], json.dumps(manifest).encode()), *members[1:]]

    return rewritten(backup, change)


def test_an_archive_is_private_and_never_replaces_another(backup: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with pytest.raises(StackError, match="exists: name another file"):
        archive.write(
            backup,
            files={archive.DUMP: tmp_path / "source" / archive.DUMP},
            postgresql=18,
            created="",
            migrations=[],
        )
    assert archive.check(backup).files.keys() == {archive.DUMP, archive.KEY}
    assert not list(tmp_path.glob(".*"))


def test_an_archive_of_this_version_is_accepted(backup: Path) -> None:
    archive.refuse_newer(archive.check(backup))


def named(name: str) -> Any:
    def change(members: list[Any]) -> list[Any]:
        member, content = members[-1]
        return [*members[:-1], (tarfile.TarInfo(name), content)] if member else members

    return change


def linked(members: list[Any]) -> list[Any]:
    link = tarfile.TarInfo(archive.KEY)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return [*members[:-1], (link, b"")]


DAMAGES = {
    "parent": named("../secret-key"),
    "absolute": named("/tmp/secret-key"),
    "other name": named("pg_hba.conf"),
    "link": linked,
    "missing": lambda members: members[:-1],
    "twice": lambda members: [*members, members[-1]],
    "changed": lambda members: [*members[:-1], (members[-1][0], b"other")],
    "no manifest": lambda members: members[1:],
    "manifest not first": lambda members: members[::-1],
}


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_a_damaged_or_hostile_archive_writes_nothing_outside(
    backup: Path, tmp_path: Path, damage: str
) -> None:
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(StackError, match="is not a complete backup of Mobula"):
        archive.extract(rewritten(backup, DAMAGES[damage]), into=into)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar", "into", "source"]
    assert not [path for path in into.iterdir() if path.is_symlink()]


@pytest.mark.parametrize("content", [b"", b"no tar", b"\0" * 10240])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(StackError, match="is not a complete backup"):
        archive.check(tmp_path / "file")


@pytest.mark.parametrize(
    "fields", [{"mobula": "99.0"}, {"migrations": ["accounts.9999_later"]}, {"migrations": ["a/b"]}]
)
def test_a_newer_archive_is_refused_and_the_home_stays_empty(
    backup: Path,
    tmp_path: Path,
    fields: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("MOBULA_HOME", str(tmp_path / "home"))
    assert main(["restore", str(with_manifest(backup, **fields))]) == 2
    assert "which is newer than this one" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def fail_half_way(home: Home) -> None:
    """Begin a restore and fail when a part of it is there."""
    with _in_place_of(home, say=print):
        assert not (home.path / "secret-key").exists()
        with pytest.raises(StackError, match="was interrupted: run it again with --replace"):
            up(home, port=1, say=print)
        (home.path / "secret-key").write_text("half")
        raise InterruptedError


def test_what_was_there_comes_back_when_a_restore_fails(home: Home) -> None:
    home.secret_key()
    with pytest.raises(InterruptedError):
        fail_half_way(home)
    assert home.secret_key() != "half"
    assert [path.name for path in home.path.glob("failed-restore-*/*")] == ["secret-key"]
    assert not home.restoring.exists()
