"""A build context as one file that a service elsewhere unpacks."""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from providers.builders.base import BuildError


class Outgoing:
    """A file on its way, read in pieces: it is never in memory as a whole.

    A client may turn what `look` raises into an error of its own, so it is kept as `stopped`.
    """

    def __init__(self, path: Path, look: Callable[[], None]) -> None:
        self._file, self._look = path.open("rb"), look
        self.size = path.stat().st_size
        self.stopped: BuildError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if error is not None and self.stopped and error is not self.stopped:
            raise self.stopped from error

    def read(self, size: int = -1) -> bytes:
        if self.stopped is None:
            try:
                self._look()
            except BuildError as error:
                self.stopped = error
        if self.stopped:
            raise self.stopped
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


@contextmanager
def packed(context: Path, *, look: Callable[[], None], inside_zip: str = "") -> Iterator[Outgoing]:
    """Yield a .tar.gz of a folder, with its modes and links; gone afterwards.

    With `inside_zip`, it is the one member of a ZIP, under that name: ZIP itself keeps no modes.
    `look` is called for each file that is packed, and for each piece that is read.
    """

    def taken(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        look()
        return _nobodys(member)

    with tempfile.TemporaryDirectory(prefix="mobula-context-") as folder:
        tar = Path(folder) / "context.tar.gz"
        with tarfile.open(tar, "w:gz") as archive:
            archive.add(context, arcname=".", filter=taken)
        if not inside_zip:
            with Outgoing(tar, look) as file:
                yield file
            return
        whole = Path(folder) / "context.zip"
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as outer:
            outer.write(tar, inside_zip)
        with Outgoing(whole, look) as file:
            yield file


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Return what is packed: nothing of who has the files here, and no sockets or devices."""
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
