"""The layers that buildah keeps of one team, and its short commands on them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from providers.builders.base import BuildError
from providers.builders.processes import run

PROGRAM = "buildah"
_MOST_LANES = 64
_QUICK_SECONDS = 600.0  # vfs copies all of an image
# Of the worker's environment only what reaches the network: no keys, no database.
_PASSED_ON = (
    "PATH", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip


@contextmanager
def lane(cache: Path) -> Iterator[Storage]:
    """Yield layers that nobody else uses meanwhile: the first of a team's that are free.

    So whatever container is there is of this build. The lock ends with its process.
    """
    for number in range(_MOST_LANES):
        with same_lane(cache / str(number)) as storage:
            if storage:
                yield storage
                return
    raise BuildError(f"{_MOST_LANES} builds of this team run on this host already. Build again.")


@contextmanager
def same_lane(path: Path) -> Iterator[Storage | None]:
    """Yield the layers at `path`; None where another build uses them."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield Storage(path)


class Storage:
    """Where one team's layers are."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def command(self, *words: str) -> list[str]:
        return [
            PROGRAM, "--root", str(self.path / "root"), "--runroot", str(self.path / "run"),
            "--storage-driver", self._driver(), *words,
        ]  # fmt: skip

    def _driver(self) -> str:
        """Return the driver chosen at first: layers of one cannot be read with the other."""
        chosen = self.path / "driver"
        with contextlib.suppress(OSError):
            return chosen.read_text()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        driver = "overlay" if _takes_overlays(self.path) else "vfs"
        chosen.write_text(driver)
        return driver

    def size(self) -> int:
        """Return the bytes on disk."""
        found = 0
        for folder, _, names in os.walk(self.path / "root"):
            for name in names:
                with contextlib.suppress(OSError):  # removed meanwhile
                    found += (Path(folder) / name).lstat().st_blocks * 512
        return found

    def quick(self, *words: str, check: Callable[[], None] = lambda: None) -> tuple[int, str]:
        """Return the status and the output of a command that takes a moment."""
        output: list[bytes] = []
        ends_at = time.monotonic() + _QUICK_SECONDS

        def look() -> None:
            check()
            if time.monotonic() > ends_at:
                raise BuildError(
                    f"buildah {words[0]} did not finish within {_QUICK_SECONDS:.0f} s."
                )

        status = run(
            self.command(*words), environment=environment_of(), write=output.append, look=look
        )
        return status, b"".join(output).decode(errors="replace").strip()

    def remove_containers(self) -> None:
        self.quick("umount", "--all")
        self.quick("rm", "--all")

    def remove_all(self) -> None:
        self.remove_containers()
        self.quick("rmi", "--all", "--force")


def environment_of(*, home: Path | None = None) -> dict[str, str]:
    """Return the environment of a program; what it writes aside goes to `home`."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = {"HOME": "/nonexistent"}
    if home:
        conf = str(home / "registries.conf")
        own = {"HOME": str(home), "TMPDIR": str(home), "CONTAINERS_REGISTRIES_CONF": conf}
    return {**passed_on, **own, "LC_ALL": "C"}


def _takes_overlays(path: Path) -> bool:
    """Return whether overlays can be mounted here: not on an overlay itself, as in containers."""
    probe = path / "probe"
    words = [PROGRAM, "--root", str(probe / "root"), "--runroot", str(probe / "run")]
    words += ["--storage-driver", "overlay"]

    def succeeds(*command: str) -> bool:
        status = run(
            [*words, *command],
            environment=environment_of(),
            write=lambda _: None,
            look=lambda: None,
        )
        return status == 0

    try:
        return succeeds("from", "scratch") and succeeds("mount", "working-container")
    finally:
        succeeds("umount", "--all")
        succeeds("rm", "--all")
        shutil.rmtree(probe, ignore_errors=True)
