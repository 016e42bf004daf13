"""Packages of this machine, the only ones that uv finds: a small Ray stands in for the real one."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest


def wheel(directory: Path, name: str, version: str, files: dict[str, str]) -> None:
    """Write a wheel as pip reads it."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        "Provides-Extra: default\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    with zipfile.ZipFile(directory / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
            digest = hashlib.sha256(content.encode()).digest()
            sign = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            record += f"{path},sha256={sign},{len(content)}\n"
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where uv looks for packages."""
    directory = tmp_path / "wheels"
    directory.mkdir()
    wheel(
        directory,
        "ray",
        "2.60.0",
        {
            "ray/__init__.py": "__version__ = '2.60.0'\n",
            "ray/scripts.py": "def main():\n    print('ray, version 2.60.0')\n",
            "ray-2.60.0.dist-info/entry_points.txt": "[console_scripts]\nray = ray.scripts:main\n",
        },
    )
    wheel(directory, "tiny", "1.0", {"tiny.py": "VALUE = 7\n"})
    wheel(directory, "ray_broken", "1.0", {"ray.py": "raise ImportError('no libcuda')\n"})
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(directory))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return directory
