"""A build context as one file that a service elsewhere unpacks."""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def packed(context: Path, *, inside_zip: str = "") -> Iterator[Path]:
    """Yield a .tar.gz of a folder, with its modes and links; gone afterwards.

    With `inside_zip`, it is the one member of a ZIP, under that name: ZIP itself keeps no modes.
    """
    with tempfile.TemporaryDirectory(prefix="mobula-context-") as folder:
        tar = Path(folder) / "context.tar.gz"
        with tarfile.open(tar, "w:gz") as archive:
            archive.add(context, arcname=".", filter=_nobodys)
        if not inside_zip:
            yield tar
            return
        whole = Path(folder) / "context.zip"
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as outer:
            outer.write(tar, inside_zip)
        yield whole


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Return what is packed: nothing of who has the files here, and no sockets or devices."""
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
