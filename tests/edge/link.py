"""The way to the database, which a test can cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Link:
    """Listens where a PostgreSQL would and passes everything on to the real one."""

    def __init__(self, directory: Path, *, to: Path) -> None:
        self.directory, self._to = directory, to
        self._name = next(to.glob(".s.PGSQL.*[0-9]")).name
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None

    def __enter__(self) -> Link:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Cut every connection and take no new one inside the block."""
        self.cut()
        try:
            yield
        finally:
            self.mend()

    def mend(self) -> None:
        """Listen."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.directory / self._name))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def cut(self) -> None:
        """Cut every connection and listen no longer."""
        (self.directory / self._name).unlink()
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open = []

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._to / self._name))
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65_536):
            target.sendall(content)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
