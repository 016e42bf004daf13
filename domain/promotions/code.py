"""The code that a command of a test workload runs in: from a Git repository, or from a zip file."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class CodeOrigin(StrEnum):
    """Where the working directory of a command comes from; "" is an empty one."""

    NONE = ""
    GIT = "git"
    ZIP = "zip"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Mapping[CodeOrigin, str] = {
    CodeOrigin.NONE: "None",
    CodeOrigin.GIT: "Git repository",
    CodeOrigin.ZIP: "Zip file",
}
LONGEST_URL, LONGEST_REF, LONGEST_FOLDER = 500, 200, 300

# Never a first hyphen: programs would read an option.
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/@+#-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HOST = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]*")
_SCP_LIKE = re.compile(r"(?P<user>[A-Za-z0-9._-]+@)?(?P<host>[A-Za-z0-9.-]+):(?!//)(?P<path>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSource:
    """A folder of a Git repository at a branch, a tag or a commit; by default the whole HEAD."""

    url: str
    ref: str = ""
    folder: str = ""

    def __str__(self) -> str:
        place = f"/{self.folder}" if self.folder else ""
        return f"{self.url}{place} at {self.ref or 'HEAD'}"


def wrong_url(url: str, *, http_hosts: Collection[str] = ()) -> str:
    """Return what is wrong with the URL of a repository, or "".

    Plain HTTP is accepted from `http_hosts` alone.
    """
    if not url:
        return "Enter the URL of the repository, such as https://github.com/acme/checks.git."
    if len(url) > LONGEST_URL or re.search(r"[\x00-\x20\x7f\\]", url):
        return f"Use a URL of at most {LONGEST_URL} characters, without spaces and backslashes."
    if scp := _SCP_LIKE.fullmatch(url):
        better = f"ssh://{scp['user'] or 'git@'}{scp['host']}/{scp['path'].lstrip('/')}"
        return f"'{url}' is no URL. Write it as {better}."
    try:
        parts = urlsplit(url)
        host, password, user = parts.hostname or "", parts.password, parts.username
    except ValueError:
        return "This is no URL. Write it like https://github.com/acme/checks.git."
    if parts.scheme not in {"https", "ssh"} and not (
        parts.scheme == "http" and host in set(http_hosts)
    ):
        return f"'{parts.scheme or url}' is not accepted. Use an https:// or ssh:// URL."
    if password is not None or (user is not None and parts.scheme != "ssh"):
        return (
            "The URL contains a password or a token, which everyone in the team could read. Remove "
            "it: MOBULA_GIT_CREDENTIALS has the credentials of private repositories."
        )
    if not _HOST.fullmatch(parts.netloc.rpartition("@")[2]) or (user or "").startswith("-"):
        return f"'{parts.netloc}' is no host."
    if parts.query or parts.fragment or not parts.path.strip("/"):
        return "The URL must end with the path of a repository, such as /acme/checks.git."
    return ""


def wrong_ref(ref: str) -> str:
    """Return what is wrong with the name of a branch, a tag or a commit, or ""."""
    if not ref or (_REF.fullmatch(ref) and ".." not in ref and len(ref) <= LONGEST_REF):
        return ""
    return f"'{ref[:60]}' is no branch, tag or commit."


def is_commit(ref: str) -> bool:
    """Return whether a ref is the full digest of a commit, which no push can change."""
    return bool(_COMMIT.fullmatch(ref))


def wrong_folder(folder: str) -> str:
    """Return what is wrong with a folder inside a repository, or ""."""
    return wrong_path(folder, longest=LONGEST_FOLDER) if folder else ""


def wrong_path(path: str, *, longest: int = LONGEST_FOLDER) -> str:
    """Return what is wrong with the path of a file below the working directory, or ""."""
    shown = f"'{path[:80]}'"
    if len(path) > longest:
        return f"The path {shown}… has more than {longest} characters."
    if re.search(r"[\x00-\x1f\x7f\\]", path):
        return f"The path {path[:80]!r} contains a backslash or a control character."
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return f"The path {shown} is absolute. Use one below the working directory."
    if any(part in {"", ".", ".."} for part in path.split("/")):
        return f"The path {shown} contains '.', '..' or an empty part. Use a plain one."
    return ""
