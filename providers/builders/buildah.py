"""Builds with the `buildah` program on this host, which needs no daemon.

Steps run in a chroot as root of this host, with its network: whoever may build is trusted so far.
Layers are kept below `home`, apart for each team, so that no team reads what another one built.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from providers.builders.base import BuildError, BuildSpec, BuildWatcher, BuiltImage, Contents
from providers.builders.contents import contents_of
from providers.builders.processes import began_at, end_session, run
from providers.builders.storage import PROGRAM, Storage, environment_of, lane, same_lane

_DISK_LOOK_SECONDS = 5.0
_LEAST_FREE_BYTES = 512 * 2**20
_NOT_ALLOWED = (
    "Building container images on Mobula's host is off: the steps of a Dockerfile run as root "
    "there. To allow it, set MOBULA_BUILD_IN_CHROOT=true for Mobula's programs."
)
_INSTALL = "Install it on the host of Mobula's workers: apt-get install buildah."


class Buildah:
    """The builder of this host; `home` has its layers and the folders of running builds.

    Its steps run as root in a chroot, which does not keep attackers in: only where that is allowed.
    """

    kind = PROGRAM

    def __init__(self, home: Path, *, is_allowed: bool) -> None:
        self._home = home
        self._is_allowed = is_allowed

    def unavailable(self) -> str:
        if not self._is_allowed:
            return _NOT_ALLOWED
        if shutil.which(PROGRAM) is None:
            return f"No builder is installed: buildah is missing. {_INSTALL}"
        if os.geteuid() != 0:
            return "buildah needs workers that run as root. Start Mobula's workers as root."
        return ""

    def build(self, spec: BuildSpec, watcher: BuildWatcher) -> BuiltImage:
        if reason := self.unavailable():
            raise BuildError(reason)
        with self._folder(spec) as folder, lane(self._home / "layers" / spec.cache) as storage:
            (folder / "storage").write_text(str(storage.path))
            try:
                storage.remove_containers()  # of a build whose worker was killed
                return _OneBuild(spec, watcher, folder=folder, storage=storage).run()
            except BaseException:
                _end_noted(folder)
                storage.remove_containers()
                raise

    def clean(self, name: str) -> None:
        folder = self._home / "running" / name
        _end_noted(folder)
        try:
            storage = Path((folder / "storage").read_text())
        except OSError:  # it had not come so far
            storage = None
        if storage and not self.unavailable():
            with same_lane(storage) as left:
                if left:
                    left.remove_containers()
        shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _folder(self, spec: BuildSpec) -> Iterator[Path]:
        folder = self._home / "running" / spec.name
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError as error:
            raise BuildError(f"Build {spec.name} was begun before. Build again.") from error
        except OSError as error:
            raise BuildError(f"{self._home} cannot be written: {error.strerror}.") from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _OneBuild:
    def __init__(
        self, spec: BuildSpec, watcher: BuildWatcher, *, folder: Path, storage: Storage
    ) -> None:
        self._spec = spec
        self._watcher = watcher
        self._folder = folder
        self._storage = storage
        self._ends_at = time.monotonic() + spec.limits.seconds
        self._disk_look_at = 0.0
        self._tail = b""

    def run(self) -> BuiltImage:
        self._make_room()
        self._write_files()
        image = self._build()
        contents = self._inspected(image)
        self._watcher.inspect(contents)
        self._watcher.begin_push()
        return BuiltImage(digest=self._push(image), contents=contents)

    def _make_room(self) -> None:
        """Drop the cache that would leave no room: the build is slower then, and succeeds."""
        if self._storage.size() > self._spec.limits.disk_bytes // 2:
            self._watcher.write(b"The layer cache is full: removing it.\n")
            self._storage.remove_all()

    def _write_files(self) -> None:
        (self._folder / "Dockerfile").write_text(self._spec.dockerfile)
        (self._folder / "empty").mkdir()
        (self._folder / "home").mkdir()
        self._write_secretly("auth.json", json.dumps({"auths": self._auths()}).encode())
        for name, value in self._spec.secrets.items():
            self._write_secretly(f"secret-{name}", value)
        conf = ['unqualified-search-registries = ["docker.io"]']
        conf += [
            f"[[registry]]\nlocation = {json.dumps(host)}\ninsecure = true"
            for host in sorted(self._spec.plain_hosts)
        ]
        (self._folder / "home" / "registries.conf").write_text("\n".join(conf) + "\n")
        for host, certificate in self._spec.certificates.items():
            place = self._folder / "home/.config/containers/certs.d" / host
            place.mkdir(parents=True)
            (place / "ca.crt").write_text(certificate)

    def _auths(self) -> dict[str, dict[str, str]]:
        return {
            host: {"auth": base64.b64encode(f"{one.user}:{one.password}".encode()).decode()}
            for host, one in self._spec.logins.items()
        }

    def _write_secretly(self, name: str, content: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(self._folder / name, flags, 0o600), "wb") as file:
            file.write(content)

    def _build(self) -> str:
        """Return the id of the built image."""
        spec, ids = self._spec, self._folder / "image"
        words = [
            "bud", "--isolation", "chroot", "--layers", "--force-rm", "--pull",
            "--iidfile", str(ids), "--file", str(self._folder / "Dockerfile"),
            "--authfile", str(self._folder / "auth.json"),
        ]  # fmt: skip
        if spec.platform:
            words += ["--platform", spec.platform]
        for name in spec.secrets:
            words += ["--secret", f"id={name},src={self._folder / f'secret-{name}'}"]
        words.append(str(spec.context or self._folder / "empty"))
        if status := self._run(words):
            raise BuildError(f"{self._last_words()} (exit status {status})")
        return ids.read_text().strip()

    def _inspected(self, image: str) -> Contents:
        """Return what is in the image, from its files."""
        container = f"{self._spec.name}-look"
        try:
            self._quick("from", "--pull-never", "--name", container, image)
            root = self._quick("mount", container).splitlines()[-1]
            return contents_of(Path(root), look=self._look)
        finally:
            self._storage.quick("umount", container)
            self._storage.quick("rm", container)

    def _push(self, image: str) -> str:
        digest = self._folder / "digest"
        words = [
            "push", "--digestfile", str(digest), "--retry", "3",
            "--authfile", str(self._folder / "auth.json"), image,
            f"docker://{self._spec.location}",
        ]  # fmt: skip
        if self._run(words):
            host = self._spec.location.partition("/")[0]
            raise BuildError(f"{host} did not take the image: {self._last_words()}")
        return digest.read_text().strip()

    def _run(self, words: Sequence[str]) -> int:
        return run(
            self._storage.command(*words),
            environment=environment_of(home=self._folder / "home"),
            write=self._write,
            look=self._look,
            note=self._note,
        )

    def _quick(self, *words: str) -> str:
        self._look()
        status, output = self._storage.quick(*words, check=self._look)
        if status:
            raise BuildError(f"The image cannot be inspected: {output[-300:]}")
        return output

    def _write(self, piece: bytes) -> None:
        self._tail = (self._tail + piece)[-4000:]
        self._watcher.write(piece)

    def _note(self, pid: int) -> None:
        (self._folder / "process").write_text(f"{pid} {began_at(pid)}")

    def _look(self) -> None:
        self._watcher.check()
        now = time.monotonic()
        if now > self._ends_at:
            raise BuildError(
                f"It did not finish within {self._spec.limits.seconds / 60:.0f} minutes. "
                "Make it smaller, or raise MOBULA_BUILD_MINUTES."
            )
        if now < self._disk_look_at:
            return
        self._disk_look_at = now + _DISK_LOOK_SECONDS
        if self._storage.size() > self._spec.limits.disk_bytes:
            most = self._spec.limits.disk_bytes / 2**30
            raise BuildError(
                f"The build takes more than {most:.1f} GiB on disk. Make the image smaller, or "
                "raise MOBULA_BUILD_DISK_GIB."
            )
        if shutil.disk_usage(self._storage.path).free < _LEAST_FREE_BYTES:
            raise BuildError(
                f"The disk of {self._storage.path} is nearly full. Remove files, then build again."
            )

    def _last_words(self) -> str:
        lines = [line.strip() for line in self._tail.decode(errors="replace").splitlines()]
        told = [line for line in lines if line and not line.startswith("level=")]
        errors = [line for line in told if "rror" in line]
        return (errors or told or ["buildah gave no reason"])[-1][:500]


def _end_noted(folder: Path) -> None:
    """End the program that a build's folder names, if it is still the same one."""
    try:
        pid, began = (folder / "process").read_text().split()
    except (OSError, ValueError):
        return
    if began_at(int(pid)) in {began, ""}:  # its children may outlive it
        end_session(int(pid))
