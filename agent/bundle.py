"""The agent as one file, ``head_agent.pyz``, for a head's Python to run."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

NAME = "head_agent.pyz"
ENTRY = "import sys\nfrom agent.__main__ import main\nsys.exit(main())\n"
# The same sources give the same bytes, so that a digest says whether a head's agent is current.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def pack() -> bytes:
    """Return the bytes of the one-file agent."""
    root = Path(__file__).parent
    sources = sorted(root.rglob("*.py"))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(_entry("__main__.py"), ENTRY)
        for source in sources:
            name = "agent/" + source.relative_to(root).as_posix()
            archive.writestr(_entry(name), source.read_text(encoding="utf-8"))
    return content.getvalue()


def write(target: Path) -> Path:
    """Write the one-file agent to ``target`` and return it; a reader never sees half of it."""
    draft = target.with_name(target.name + ".new")
    draft.write_bytes(pack())
    return draft.replace(target)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, TIMESTAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
