"""Files that a build copies: from a ZIP file or a Git repository, and nothing of the host's."""

from __future__ import annotations

import io
import socket
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid
from accounts.models import User
from domain.images.context import CONTEXT_BOUNDS, wrong_context_url
from domain.images.states import BuildState
from images.building import context as contexts
from images.building.log import whole
from images.building.run import run_build
from images.models import Build, ContextArchive, ImageVersion
from images.services.builds import build_version
from images.services.inputs import remove_context, set_git_context, set_zip_context
from tests.doubles.git_server import GitServer
from tests.images.building.registry import LocalRegistry
from tests.images.building.test_builds import leftovers

pytestmark = pytest.mark.django_db(transaction=True)
type Draft = Callable[..., ImageVersion]


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    whole_file = io.BytesIO()
    with zipfile.ZipFile(whole_file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return whole_file.getvalue()


def special(name: str, kind: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (kind | 0o644) << 16
    return entry


@pytest.fixture
def git_server(tmp_path: Path, settings: Any) -> Iterator[GitServer]:
    folder = tmp_path / "git"
    folder.mkdir()
    server = GitServer(folder)
    settings.GIT_HTTP_HOSTS = settings.GIT_PRIVATE_HOSTS = ["127.0.0.1"]
    with server.serving():
        yield server


def built(version: ImageVersion, alice: User) -> Build:
    build = build_version(version, by=alice)
    run_build(build.pk)
    build.refresh_from_db()
    version.refresh_from_db()
    return build


def log_of(build: Build) -> str:
    return "".join(whole(build.pk))


def test_files_of_a_zip_file_are_copied_and_part_of_the_fingerprint(
    draft: Draft, local_registry: LocalRegistry, alice: User, home: Path
) -> None:
    text = f"FROM {local_registry.base}\nCOPY src /src\nRUN cat /src/a.txt && /src/run\n"
    entries = [("src/a.txt", b"from the zip\n"), (special("src/run", stat.S_IFREG), b"")]
    entries[1][0].external_attr = (stat.S_IFREG | 0o755) << 16  # type: ignore[union-attr]
    entries[1] = (entries[1][0], b"#!/bin/sh\necho it ran\n")
    version = draft(text, "zipped")
    with pytest.raises(Invalid, match="no build context"):
        build_version(version, by=alice)
    set_zip_context(version, name="a.zip", content=packed(*entries), by=alice)
    build = built(version, alice)
    assert build.state == BuildState.SUCCEEDED, build.reason + log_of(build)
    assert "from the zip\n" in log_of(build)
    assert "it ran\n" in log_of(build)
    assert version.context["digest"]
    assert not ContextArchive.objects.exists()
    assert leftovers(home) == []
    assert list((home / "contexts").glob("*")) == []

    same = draft(text, "zipped")
    set_zip_context(same, name="b.zip", content=packed(*reversed(entries)), by=alice)
    assert "zipped:1 is the same" in built(same, alice).reason
    remove_context(same, by=alice)
    set_zip_context(same, name="c.zip", content=packed(("src/a.txt", b"x"), entries[1]), by=alice)
    assert built(same, alice).state == BuildState.SUCCEEDED


def test_files_of_a_repository_are_those_of_the_commit_that_is_told(
    draft: Draft, local_registry: LocalRegistry, alice: User, git_server: GitServer, home: Path
) -> None:
    commit = git_server.commit({"app/a.txt": "from git\n", "other": "no\n"})
    text = f"FROM {local_registry.base}\nCOPY . /src\nRUN cat /src/a.txt; test ! -e /src/other\n"
    version = draft(text, "fetched")
    set_git_context(version, url=git_server.url, ref="main", folder="app", by=alice)
    git_server.commit({"app/a.txt": "newer\n"})
    build = built(version, alice)
    assert build.state == BuildState.SUCCEEDED, build.reason + log_of(build)
    assert "newer\n" in log_of(build)
    newer = version.context["commit"]
    assert f"at commit {newer}" in log_of(build)
    assert len(newer) == 40

    again = draft(text, "fetched")
    set_git_context(again, url=git_server.url, ref=newer, folder="app", by=alice)
    assert "fetched:1 is the same" in built(again, alice).reason
    set_git_context(again, url=git_server.url, ref=commit, folder="app", by=alice)
    build = built(again, alice)
    assert "from git\n" in log_of(build)
    assert again.context["commit"] == commit
    assert list((home / "contexts").glob("*")) == []


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (("../evil", b"x"), "'../evil' contains '.', '..'"),
        (("/etc/evil", b"x"), "'/etc/evil' is absolute"),
        (("C:evil", b"x"), "'C:evil' is absolute"),
        (("a\\..\\evil", b"x"), "contains a backslash"),
        ((special("link", stat.S_IFLNK), b"/etc/passwd"), "'link' is a symbolic link"),
        ((special("device", stat.S_IFCHR), b""), "'device' is neither a file nor a folder"),
        ((special("pipe", stat.S_IFIFO), b""), "'pipe' is neither a file nor a folder"),
        (("bomb", b"\0" * 20 * 2**20), "'bomb' is packed more than 100 times smaller"),
    ],
)
def test_a_zip_file_that_could_do_harm_is_refused(
    entry: tuple[Any, bytes], reason: str, draft: Draft, alice: User
) -> None:
    version = draft("FROM a:1\n")
    with pytest.raises(Invalid) as refused:
        set_zip_context(version, name="a.zip", content=packed(("ok", b""), entry), by=alice)
    assert reason in " ".join(refused.value.messages)
    assert not ContextArchive.objects.exists()


def test_a_zip_file_has_limits(draft: Draft, alice: User, monkeypatch: Any) -> None:
    version = draft("FROM a:1\n")
    cases = [
        (b"x" * (CONTEXT_BOUNDS.packed_bytes + 1), "at most 12,582,912 are accepted"),
        (b"no zip", "no zip file"),
        (packed(), "has no files"),
        (packed(*((f"{number}", b"") for number in range(5_001))), "5,001 files; at most 5,000"),
        (packed(("a", b""), ("a/b", b"")), "is a file and a folder"),
    ]
    for content, reason in cases:
        with pytest.raises(Invalid, match=reason):
            set_zip_context(version, name="a.zip", content=content, by=alice)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.git",
        "ssh://git@example.org/a.git",
        "git@example.org:a.git",
        "git://example.org/a.git",
        "file:///etc",
        "/etc",
        "ext::sh -c id",
        "--upload-pack=id",
        "https://-oProxyCommand=id/a.git",
        "https://me:secret@example.org/a.git",
        "https://token@example.org/a.git",
        "https://localhost/a.git",
        "https://127.0.0.1/a.git",
        "https://[::1]/a.git",
        "https://10.0.0.1/a.git",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/a.git",
        "https://example.org",
        "https://example.org:port/a.git",
        "https://example.org/a.git?x=1",
        "",
    ],
)
def test_only_https_of_public_hosts_is_fetched(url: str) -> None:
    reason = wrong_context_url(url)
    assert reason
    assert "secret" not in reason


def test_an_allowed_host_may_be_private() -> None:
    assert wrong_context_url("https://github.com/acme/model.git") == ""
    assert wrong_context_url("https://10.0.0.1/a.git", private_hosts=["10.0.0.1"]) == ""
    assert "MOBULA_GIT_PRIVATE_HOSTS=10.0.0.1" in wrong_context_url("https://10.0.0.1/a.git")


@pytest.mark.parametrize("ref", ["--upload-pack=id", "-x", "a..b", "a b", "a:b"])
def test_a_ref_is_no_option(ref: str, draft: Draft, alice: User) -> None:
    with pytest.raises(Invalid, match="no branch, tag or commit"):
        set_git_context(draft("FROM a:1\n"), url="https://example.org/a", ref=ref, by=alice)


def test_a_name_of_a_private_address_is_not_asked(
    draft: Draft, local_registry: LocalRegistry, alice: User, git_server: GitServer,
    settings: Any, home: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    git_server.commit({"a": "secret\n"})
    port = git_server.url.rpartition(":")[2].partition("/")[0]
    settings.GIT_HTTP_HOSTS, settings.GIT_PRIVATE_HOSTS = ["code.example.org"], []
    real = socket.getaddrinfo

    def rebound(host: Any, *args: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == "code.example.org" else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    version = draft(f"FROM {local_registry.base}\nCOPY . /\n", "rebound")
    url = f"http://code.example.org:{port}/checks.git"
    set_git_context(version, url=url, by=alice)
    build = built(version, alice)
    assert "private network" in build.reason
    # The address that was checked is the one that is asked.
    settings.GIT_PRIVATE_HOSTS = ["code.example.org"]
    assert built(version, alice).state == BuildState.SUCCEEDED


@pytest.mark.parametrize(
    ("ref", "folder", "reason"),
    [("gone", "", "no branch, tag or commit 'gone'"), ("", "gone", "has no folder 'gone'")],
)
def test_what_the_repository_does_not_have_is_named(
    ref: str, folder: str, reason: str, draft: Draft, local_registry: LocalRegistry, alice: User,
    git_server: GitServer, home: Path,
) -> None:  # fmt: skip
    git_server.commit({"a": "a\n"})
    version = draft(f"FROM {local_registry.base}\nCOPY . /\n", "missing")
    set_git_context(version, url=git_server.url, ref=ref, folder=folder, by=alice)
    assert reason in built(version, alice).reason


def test_a_server_that_is_silent_or_gone_fails_the_build(
    draft: Draft, local_registry: LocalRegistry, alice: User, git_server: GitServer, home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(contexts, "SECONDS", 1.0)
    monkeypatch.setattr(contexts, "_PAUSE_SECONDS", 0.1)
    git_server.commit({"a": "a\n"})
    git_server.is_silent = True
    version = draft(f"FROM {local_registry.base}\nCOPY . /\n", "silent")
    set_git_context(version, url=git_server.url, by=alice)
    assert "did not finish within 1 seconds" in built(version, alice).reason
    set_git_context(version, url="http://127.0.0.1:9/a.git", by=alice)
    assert "Git could not fetch" in built(version, alice).reason


def test_the_page_takes_a_zip_file_or_a_repository(
    client: Client, draft: Draft, alice: User
) -> None:
    version = draft("FROM rayproject/ray:2.50.0-py312\nCOPY a /a\n")
    client.force_login(alice)
    address = reverse("images:set-context", args=[version.pk])
    page = reverse("images:edit-draft", args=[version.pk])
    file = SimpleUploadedFile("a.zip", packed(("a", b"x")))
    assert client.post(address, {"kind": "zip", "zip": file})["Location"].startswith(page)
    shown = client.get(page).content.decode()
    assert "Now: a.zip, 1 file" in shown
    assert "no build context" not in shown
    client.post(address, {"kind": "git", "url": "https://example.org/a.git", "ref": "main"})
    assert "Now: https://example.org/a.git" in client.get(page).content.decode()
    client.post(address, {"kind": ""})
    shown = client.get(page).content.decode()
    assert "there is no build context" in shown
    client.post(address, {"kind": "zip", "zip": SimpleUploadedFile("a.zip", packed(("../b", b"")))})
    assert "&#x27;../b&#x27; contains" in client.get(page).content.decode()
