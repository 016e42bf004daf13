"""Debian's docker-registry on 127.0.0.1, and images made and pushed here."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("docker-registry")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
ACCOUNT = "ci:secret"
# As `htpasswd -B` writes it: the registry takes no other hash.
_ENTRY = "ci:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"
RAY = ("PATH=/usr/bin", "RAY_VERSION=2.50.0", "PYTHON_VERSION=3.12.4", "CUDA_VERSION=12.8.1")


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


@dataclass(frozen=True)
class Server:
    """A registry that listens on 127.0.0.1; `account` is "USER:PASSWORD" or ""."""

    port: int
    account: str = ""
    directory: Path = Path()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def call(
        self, method: str, path: str, body: bytes = b"", media_type: str = "application/json"
    ) -> tuple[int, Mapping[str, str]]:
        headers = {"Content-Type": media_type}
        if self.account:
            basic = base64.b64encode(self.account.encode()).decode()
            headers["Authorization"] = f"Basic {basic}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, dict(answer.headers)
        finally:
            connection.close()

    def push_blob(self, repository: str, body: bytes) -> dict[str, Any]:
        status, headers = self.call("POST", f"/v2/{repository}/blobs/uploads/")
        assert status == 202
        place = headers["Location"].partition(self.host)[2]
        joint = "&" if "?" in place else "?"
        status, _ = self.call(
            "PUT", f"{place}{joint}digest={digest_of(body)}", body, "application/octet-stream"
        )
        assert status == 201
        return {"digest": digest_of(body), "size": len(body)}

    def push(
        self,
        repository: str,
        tag: str,
        *,
        environment: tuple[str, ...] = RAY,
        labels: Mapping[str, str] | None = None,
        architecture: str = "amd64",
        layer: bytes = b"nothing much",
    ) -> str:
        """Push an image of one layer; return the digest of its manifest."""
        packed = gzip.compress(layer, mtime=0)
        config = {
            "architecture": architecture,
            "os": "linux",
            "created": "2026-11-01T10:00:00.123456789Z",
            "config": {"Env": list(environment), "Labels": dict(labels or {})},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        }
        kind = "application/vnd.oci.image"
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": f"{kind}.config.v1+json",
                **self.push_blob(repository, json.dumps(config).encode()),
            },
            "layers": [
                {"mediaType": f"{kind}.layer.v1.tar+gzip", **self.push_blob(repository, packed)}
            ],
        }
        return self._put(repository, tag, manifest, MANIFEST)

    def push_index(self, repository: str, tag: str, digests: Mapping[str, str]) -> str:
        """Push an index of manifests that are there, by architecture; return its digest."""
        manifests = [
            {
                "mediaType": MANIFEST,
                "digest": digest,
                "size": 500,
                # Builders list what they attest in this way.
                "platform": {
                    "os": "unknown" if architecture == "unknown" else "linux",
                    "architecture": architecture,
                },
            }
            for architecture, digest in digests.items()
        ]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        return self._put(repository, tag, index, INDEX)

    def _put(self, repository: str, tag: str, content: Mapping[str, Any], media_type: str) -> str:
        body = json.dumps(content).encode()
        status, _ = self.call("PUT", f"/v2/{repository}/manifests/{tag}", body, media_type)
        assert status == 201
        return digest_of(body)


@contextmanager
def serving(home: Path, *, account: str = "") -> Iterator[Server]:
    """Run a registry until the end of the block."""
    assert PROGRAM, "Install docker-registry."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "registry.json").write_text(json.dumps(_settings(home, port, account)))
    with (home / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "serve", str(home / "registry.json")],
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "OTEL_TRACES_EXPORTER": "none"},
        )
    try:
        _wait_for(port, process, home)
        yield Server(port=port, account=account, directory=home / "data")
    finally:
        process.terminate()
        process.wait(10)


def _settings(home: Path, port: int, account: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(home / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if account:
        (home / "htpasswd").write_text(f"{_ENTRY}\n")
        settings["auth"] = {"htpasswd": {"realm": "Registry", "path": str(home / "htpasswd")}}
    return settings


def _wait_for(port: int, process: subprocess.Popen[bytes], home: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError((home / "registry.log").read_text())
