"""Files of a Git repository by the `git` program: shallow, bounded, and nothing of it is run."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from domain.promotions.archives import BadArchive, Bounds, File, check_count, check_size
from domain.promotions.code import is_commit, wrong_path

_LOOK_SECONDS = 0.1
_LONGEST_WORDS = 200  # of what git printed
_HELPER = '!f() { echo "username=$MOBULA_GIT_USER"; echo "password=$MOBULA_GIT_PASSWORD"; }; f'
# What a site sets for its network and its keys; nothing else of the worker's environment is passed.
_PASSED_ON = (
    "PATH", "http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK",
)  # fmt: skip
_LINK, _EXECUTABLE = "120000", "100755"
_UNKNOWN_REF = ("couldn't find remote ref", "not our ref", "unadvertised object")
_FORBIDDEN = (
    "Authentication failed", "could not read Username", "could not read Password",
    "Permission denied", "Host key verification failed", "returned error: 403", "not found",
    "does not appear to be a git repository",
)  # fmt: skip


class GitError(Exception):
    """The code cannot be fetched; `retryable` where it may help to try again."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


def files_of(
    git: Git, commit: str, *, folder: str = "", bounds: Bounds | None = None
) -> list[File]:
    """Return a folder's files at a commit that was fetched; raises `GitError`, `BadArchive`."""
    tree = f"{commit}:{folder}" if folder else commit
    try:
        listing = git.run("ls-tree", "-r", "-z", "-l", "--full-tree", tree)
    except GitFailed as error:
        raise GitError(f"{git.url} has no folder '{folder}' at {commit}.") from error
    entries = [_entry(line) for line in listing.split(b"\0") if line]
    check_count(len(entries), bounds)
    check_size(sum(entry.size for entry in entries), bounds)
    names = "".join(f"{entry.blob}\n" for entry in entries).encode()
    whole, contents, start = git.run("cat-file", "--batch", given=names), [], 0
    for entry in entries:
        start = whole.index(b"\n", start) + 1  # after the line with digest, kind and size
        contents.append(whole[start : start + entry.size])
        start += entry.size + 1
    return [
        File(path=entry.path, content=content, is_executable=entry.mode == _EXECUTABLE)
        for entry, content in zip(entries, contents, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    blob: str
    size: int
    path: str


def _entry(line: bytes) -> _Entry:
    """Read a line of `git ls-tree -l`; refuse what is no plain file."""
    facts, _, name = line.partition(b"\t")
    path = name.decode("utf-8", "backslashreplace")
    mode, kind, blob, size = facts.decode().split()
    if kind == "commit":
        raise BadArchive(
            f"'{path}' is a submodule, which is not fetched. Choose a folder without it."
        )
    if mode == _LINK:
        raise BadArchive(f"'{path}' is a symbolic link. Replace it with the file.")
    if reason := wrong_path(path):
        raise BadArchive(reason)
    return _Entry(mode, blob, int(size), path)


class GitFailed(Exception):
    """A command of git ended with an error; the message is what it printed."""


class Git:
    """One bare repository in a directory of its own, and the time that is left for it."""

    def __init__(
        self,
        directory: Path,
        url: str,
        *,
        seconds: float,
        most_bytes: int,
        credentials: str = "",
        address: str = "",
        look: Callable[[], None] = lambda: None,
    ) -> None:
        """Commands take `seconds` together, and what the server sends `most_bytes`.

        `credentials` are USER:PASSWORD for the host of the URL. With an `address`, the host is
        there and nowhere else, and no redirect is followed. `look` is called about ten times a
        second and ends a command by raising.
        """
        self.url = url
        self._directory = directory
        self._seconds, self._most_bytes = seconds, most_bytes
        self._credentials, self._address = credentials, address
        self._look = look
        self._ends_at = time.monotonic() + seconds

    def fetch(self, ref: str = "") -> str:
        """Get the one commit of a ref, HEAD by default, and no history; return the commit."""
        self.run("init", "--quiet", "--bare", "repository")
        options = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules")
        try:
            self.run("fetch", *options, "--", self.url, ref or "HEAD")
        except GitFailed as error:
            raise _explained(self.url, ref, str(error)) from error
        return self.run("rev-parse", "--verify", "FETCH_HEAD^{commit}").decode().strip()

    def run(self, command: str, *arguments: str, given: bytes = b"") -> bytes:
        """Return what a command prints; raises `GitFailed`, or `GitError` beyond a limit.

        Input and output are files: what a command prints is bounded like what it fetches.
        """
        names = ("in", "out", "err")
        given_path, out, err = (self._directory / f"{command}.{name}" for name in names)
        given_path.write_bytes(given)
        with given_path.open("rb") as stdin, out.open("wb") as stdout, err.open("wb") as stderr:
            try:
                process = subprocess.Popen(
                    ["git", *_configured(self.url, self._address), command, *arguments],
                    cwd=self._directory if command == "init" else self._directory / "repository",
                    env=_environment(self.url, self._credentials, home=self._directory),
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    start_new_session=True,  # its helpers end with it
                )
            except FileNotFoundError as error:
                raise GitError(
                    "Git is not installed where Mobula's workers run. Install it there, or upload "
                    "a zip file."
                ) from error
            self._watch(process)
        if process.returncode:
            raise GitFailed(err.read_text(errors="replace").strip())
        return out.read_bytes()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the process, within the limits of time and space; it never outlives this."""
        try:
            while process.poll() is None:
                self._look()
                if time.monotonic() > self._ends_at:
                    raise GitError(
                        f"Git did not finish within {self._seconds:.0f} seconds.", retryable=True
                    )
                if _size_of(self._directory) > self._most_bytes:
                    most = self._most_bytes // 2**20
                    raise GitError(f"{self.url} has more than {most} MiB in one commit.")
                time.sleep(_LOOK_SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _size_of(directory: Path) -> int:
    sizes = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                sizes += (Path(folder) / name).stat().st_size
            except FileNotFoundError:  # git renames its files when they are whole
                continue
    return sizes


def _configured(url: str, address: str) -> list[str]:
    """Return options that hold whatever a repository says: one protocol, no hooks, no surprises."""
    parts = urlsplit(url)
    scheme = parts.scheme
    values = [
        "protocol.allow=never", f"protocol.{scheme}.allow=always", "core.hooksPath=/dev/null",
        "submodule.recurse=false", "gc.auto=0", "maintenance.auto=false", "http.lowSpeedLimit=1000",
        "http.lowSpeedTime=20",
    ]  # fmt: skip
    if address:
        port = parts.port or {"https": 443, "http": 80}[scheme]
        values += [f"http.curloptResolve={parts.hostname}:{port}:{address}"]
        values += ["http.followRedirects=false"]
    return [word for value in values for word in ("-c", value)]


def _environment(url: str, credentials: str, *, home: Path) -> Mapping[str, str]:
    """Return the environment of git; credentials stand in it alone, for the URL's host only."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **passed_on,
        **_helper(url, credentials),
        "HOME": str(home),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oConnectTimeout=10",
    }


def _helper(url: str, credentials: str) -> Mapping[str, str]:
    parts = urlsplit(url)
    user, _, password = credentials.partition(":")
    if not user or parts.scheme == "ssh":
        return {}
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"credential.{parts.scheme}://{parts.netloc}.helper",
        "GIT_CONFIG_VALUE_0": _HELPER,
        "MOBULA_GIT_USER": user,
        "MOBULA_GIT_PASSWORD": password,
    }


def _explained(url: str, ref: str, printed: str) -> GitError:
    """Return what a failed fetch means, in a sentence that names the way out."""
    lines = [line for line in printed.splitlines() if line.startswith(("fatal:", "error:"))]
    line = (lines or printed.splitlines() or ["it gave no reason"])[-1]
    words = line.removeprefix("fatal: ").removeprefix("error: ")[:_LONGEST_WORDS]
    if any(sign in printed for sign in _UNKNOWN_REF):
        hint = "" if is_commit(ref) else " Of a commit, enter all 40 characters."
        return GitError(f"{url} has no branch, tag or commit '{ref}'.{hint}")
    if any(sign in printed for sign in _FORBIDDEN):
        return GitError(
            f"{url} cannot be read ({words}). Check the URL; MOBULA_GIT_CREDENTIALS has the "
            f"credentials of private repositories."
        )
    return GitError(f"Git could not fetch {url}: {words}.", retryable=True)
