"""The files of workspaces on this machine, which outlive the clusters that serve them.

<MOBULA_HOME>/workspaces/<id>/  or, where root runs Mobula,  /var/lib/mobula-ray/workspaces/<id>/
    files/                      what JupyterLab shows
    home/                       HOME of its kernels and terminals
    environments/<image>/       what users installed above an image
    jupyter.log

As root, the directory belongs to the user of the cluster that serves it now, and to root while none
does: a user ID that is given to another cluster opens nothing. Whom it belonged to stands beside
it, in `<id>.owner`. What users wrote is never followed: they may put links anywhere.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from providers.errors import InvalidRequest, Throttled
from providers.local import accounts
from providers.local.accounts import ClusterAccount
from providers.local.directories import make_private, write_secret
from providers.local.processes import translated
from providers.local.workspaces.reading import read
from providers.workspaces import MOST_COPIED_BYTES, MOST_LISTED, ListedFile

_ID = re.compile(r"[0-9a-f]{32}\Z")
_PIECE = 2**20
_FOLLOW_NOTHING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def place_of(root: Path, workspace_id: str) -> Path:
    """Return the directory of a workspace; raise `InvalidRequest` for what is no id of one."""
    if not _ID.match(workspace_id):
        raise InvalidRequest(f"{workspace_id!r} is no id of a workspace.")
    base = accounts.STATE if accounts.are_needed() else root.parent
    return base / "workspaces" / workspace_id


def hand_over(place: Path, account: ClusterAccount | None) -> None:
    """Make the directory, and give it to the user of the cluster that is to serve it."""
    _make_parent(place)
    place.mkdir(exist_ok=True, mode=0o700)
    if account is None:
        return
    owner = _owner_of(place)
    if owner == account.uid and place.lstat().st_uid == account.uid:
        return
    write_secret(_owner_file(place), str(account.uid))
    _give(place, owner, account.uid)
    os.chown(place, account.uid, account.uid, follow_symlinks=False)


def take_back(place: Path) -> None:
    """Close the directory to the user whose cluster is gone."""
    with suppress(FileNotFoundError):
        if accounts.are_needed():
            os.chown(place, 0, 0, follow_symlinks=False)


def listed(place: Path) -> Iterator[ListedFile]:
    """Yield the files and folders below files/, hidden ones left out, links as such left out."""
    top = place / "files"
    if not top.is_dir() or top.is_symlink():
        return
    for folder, folders, files, here in os.fwalk(top, follow_symlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(folder).relative_to(top)
        for name in sorted([*folders, *files]):
            if name.startswith("."):
                continue
            with suppress(OSError):
                found = os.stat(name, dir_fd=here, follow_symlinks=False)
                if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                    continue
                yield ListedFile(
                    path=str(below / name),
                    size_bytes=found.st_size,
                    modified_at=found.st_mtime,
                    is_folder=stat.S_ISDIR(found.st_mode),
                )


def copy(source: Path, target: Path) -> None:
    """Copy files/ of a workspace into one that has none; a copy that is there stays as it is."""
    origin, goal, draft = source / "files", target / "files", target / ".files-copied"
    _make_parent(target)
    target.mkdir(exist_ok=True, mode=0o700)
    with _alone(target):
        if goal.exists():  # whoever copied it ended before it was noted
            return
        # One that was broken off takes as much room as the whole.
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        try:
            if origin.is_dir() and not origin.is_symlink():
                _copy_tree(origin, draft)
            draft.rename(goal)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Be the only process that copies into the directory; raise `Throttled` if another one does."""
    directory = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Throttled("The files are being copied.") from None
    finally:
        os.close(directory)


def _make_parent(place: Path) -> None:
    """Make the directory of all workspaces, which only accounts have to pass through."""
    if accounts.are_needed():
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        place.parent.chmod(0o711)
    else:
        make_private(place.parent)


def _copy_tree(origin: Path, draft: Path) -> None:
    room = MOST_COPIED_BYTES
    for folder, folders, files, here in os.fwalk(origin, follow_symlinks=False):
        below = draft / Path(folder).relative_to(origin)
        for name in folders:
            if not stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                (below / name).mkdir(mode=0o700, exist_ok=True)
        for name in files:
            room -= _copy_file(name, here, below / name, room=room)


def _copy_file(name: str, here: int, to: Path, *, room: int) -> int:
    """Copy one regular file of the tree's owner; return its size. Anything else is left out."""
    try:
        file = os.open(name, _FOLLOW_NOTHING, dir_fd=here)
    except OSError:  # a link, a socket, or gone since
        return 0
    with os.fdopen(file, "rb") as content:
        found = os.fstat(content.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.fstat(here).st_uid:
            return 0
        size = 0
        with to.open("xb") as copied:
            while piece := content.read(_PIECE):
                size += len(piece)
                if size > room:
                    gib = MOST_COPIED_BYTES // 2**30
                    raise InvalidRequest(f"The files are larger than {gib} GiB. Copy some by hand.")
                copied.write(piece)
    return size


def _give(place: Path, owner: int, to: int) -> None:
    """Give what belongs to `owner` or root below the directory to another user; nothing else."""
    ours = {0, owner}
    for _, folders, files, here in os.fwalk(place, follow_symlinks=False):
        for name in [*folders, *files]:
            with suppress(FileNotFoundError):
                found = os.stat(name, dir_fd=here, follow_symlinks=False)
                # A second name of a file may be somebody else's elsewhere.
                if found.st_uid in ours and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
                    os.chown(name, to, to, dir_fd=here, follow_symlinks=False)


def _owner_file(place: Path) -> Path:
    return place.with_name(f"{place.name}.owner")


def _owner_of(place: Path) -> int:
    """Return whose files they were last; root's where nobody's."""
    try:
        return ClusterAccount(int(_owner_file(place).read_text())).uid
    except (FileNotFoundError, ValueError):
        return 0


class WorkspaceFiles:
    """What the local driver does with the files of workspaces (see `KeepsWorkspaces`)."""

    root: Path

    def list_files(self, workspace_id: str) -> Sequence[ListedFile]:
        """Return the files, by path."""
        found: list[ListedFile] = []
        with translated():
            for file in listed(place_of(self.root, workspace_id)):
                found.append(file)
                if len(found) == MOST_LISTED:
                    break
        return sorted(found, key=lambda file: file.path)

    def read_file(self, workspace_id: str, path: str) -> bytes:
        """Return a file as listed."""
        with translated():
            return read(place_of(self.root, workspace_id), path)

    def copy_files(self, source: str, target: str) -> None:
        """Copy the files of a workspace into one that was never started."""
        with translated():
            copy(place_of(self.root, source), place_of(self.root, target))

    def remove_files(self, workspace_id: str) -> None:
        """Remove all that is kept of the workspace."""
        with translated():
            place = place_of(self.root, workspace_id)
            shutil.rmtree(place, ignore_errors=True)
            _owner_file(place).unlink(missing_ok=True)
            if place.exists():
                raise Throttled("Files of the workspace are still there.")
