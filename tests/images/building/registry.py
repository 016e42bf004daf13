"""A registry on this host, and a base image in it: real ones, from Debian's packages."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """version: 0.1
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
log: {{level: error}}
"""
# What pip leaves of Ray is all that Mobula looks for.
BASE = """FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /usr/lib/python3.12/site-packages/ray-2.50.0.dist-info /var/lib/dpkg && \
  printf 'Name: ray\\nVersion: 2.50.0\\n' > \
    /usr/lib/python3.12/site-packages/ray-2.50.0.dist-info/METADATA && \
  printf 'Package: bash\\nStatus: install ok installed\\nVersion: 5.2\\n\\n' > /var/lib/dpkg/status
"""


@dataclass(frozen=True, slots=True)
class LocalRegistry:
    """`host` as images name it."""

    host: str
    process: subprocess.Popen[bytes]

    @property
    def base(self) -> str:
        return f"{self.host}/base/ray:2.50.0"

    def tags(self, repository: str) -> str:
        with urllib.request.urlopen(
            f"http://{self.host}/v2/{repository}/tags/list", timeout=5
        ) as answer:
            return str(answer.read().decode())


@contextmanager
def running_registry(folder: Path) -> Iterator[LocalRegistry]:
    """Yield a registry that keeps its images below `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "registry.yml"
    config.write_text(_CONFIG.format(root=folder / "images", port=port))
    program = shutil.which("docker-registry")
    assert program, "Install docker-registry: .ci/run does."
    process = subprocess.Popen(
        [program, "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        yield LocalRegistry(f"127.0.0.1:{port}", process)
    finally:
        process.kill()
        process.wait()


def push_base(registry: LocalRegistry, folder: Path) -> None:
    """Put the base image into the registry."""
    context = folder / "context"
    context.mkdir()
    busybox = shutil.which("busybox")
    assert busybox, "Install busybox-static: .ci/run does."
    shutil.copy(busybox, context / "busybox")
    (context / "Dockerfile").write_text(BASE)
    buildah = ["buildah", "--root", str(folder / "root"), "--runroot", str(folder / "run")]
    buildah += ["--storage-driver", "vfs"]
    _run([*buildah, "bud", "--isolation", "chroot", "-t", "base", str(context)])
    _run([*buildah, "push", "--tls-verify=false", "base", f"docker://{registry.base}"])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _wait(port: int) -> None:
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("docker-registry does not listen")
