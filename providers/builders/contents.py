"""Which packages are in an image, read from its files without running anything of it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from email.parser import HeaderParser
from pathlib import Path

from providers.builders.base import Contents, Package

MOST_PACKAGES = 5_000
_MOST_BYTES = 32 * 2**20
_PYTHON = re.compile(r"/python(\d+\.\d+)/")
_LEFT_OUT = frozenset({"proc", "sys", "dev", "run"})


def contents_of(root: Path, *, look: Callable[[], None]) -> Contents:
    """Return what is in the file system below `root`, at most 5,000 packages of it, sorted.

    `look` is called at each folder: it ends the search by raising.
    """
    found, python = set(_apt(root)), ""
    for folder in _dist_infos(root, look):
        package = _metadata(folder / "METADATA")
        if package is None:
            continue
        found.add(package)
        if package.name == "ray" and (match := _PYTHON.search(str(folder.relative_to(root)))):
            python = match[1]
    packages = sorted(found, key=lambda one: (one.kind, one.name, one.version))
    return Contents(packages=packages[:MOST_PACKAGES], python_version=python)


def _dist_infos(root: Path, look: Callable[[], None]) -> Iterator[Path]:
    # Links are not followed: they lead out of the image.
    for folder, names, _ in os.walk(root):
        look()
        if Path(folder) == root:
            names[:] = [name for name in names if name not in _LEFT_OUT]
        if folder.endswith(".dist-info"):
            names.clear()
            yield Path(folder)


def _metadata(path: Path) -> Package | None:
    headers = HeaderParser().parsestr(_text(path).partition("\n\n")[0])
    name, version = headers.get("Name", ""), headers.get("Version", "")
    if not name or not version:
        return None
    name = name.lower().replace("_", "-").replace(".", "-")
    return Package(kind="pip", name=name[:200], version=version[:100])


def _apt(root: Path) -> Iterator[Package]:
    status = root / "var/lib/dpkg/status"
    if not status.parent.resolve().is_relative_to(root.resolve()):  # a link out of the image
        return
    for paragraph in _text(status).split("\n\n"):
        headers = HeaderParser().parsestr(paragraph)
        if "installed" in headers.get("Status", "").split():
            name, version = headers.get("Package", ""), headers.get("Version", "")
            yield Package(kind="apt", name=name[:200], version=version[:100])


def _text(path: Path) -> str:
    """Return a file's text; "" where it is none: whoever built the image chose what is there."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            return ""
        return opened.read(_MOST_BYTES).decode(errors="replace")
