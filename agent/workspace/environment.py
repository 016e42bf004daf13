"""The workspace's own environment: what users install goes there and never into the image.

It is a virtual environment above that of the image: pip installs into the upper one, and Python
finds both. Each image has one, so that after a capture the next image begins with an empty one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from agent.journal import log

CREATE_SECONDS = 180.0
MOST_PACKAGES = 300
_START = "mobula-start.json"
_BRIDGE = "mobula-image.pth"
# Written into bin/ where the image has pip and the environment none.
_PIP = "#!{python}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"


class Environment:
    """The upper environment at ``path``, above that of the Python that runs the agent."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.path / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where pip installs."""
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.path / "lib" / version / "site-packages"

    def prepare(self) -> str:
        """Make it unless it is there, and let it see the image; return why it cannot be, or ""."""
        if not (self.path / _START).exists():
            wrong = self._create()
            if wrong:
                return wrong
        # The image may have moved since: what is linked for accounts has a path of its own.
        lines = [f"import site; site.addsitedir({str(path)!r})\n" for path in image_packages()]
        (self.packages / _BRIDGE).write_text("".join(lines), encoding="utf-8")
        return ""

    def installed(self) -> list[dict[str, Any]]:
        """Return what users installed since the start, by name: see docs/agent.md."""
        start = self._at_start()
        image = {_name(d).lower(): str(d.version) for d in _named(image_packages())}
        found = []
        for one in _named([self.packages]):
            if start.get(_name(one)) == one.version:
                continue
            found.append(
                {
                    "name": _name(one)[:200],
                    "version": str(one.version)[:100],
                    "before": image.get(_name(one).lower(), "")[:100],
                    "source": _source(one),
                }
            )
        return sorted(found, key=lambda each: str(each["name"]).lower())[:MOST_PACKAGES]

    def changed_at(self) -> float:
        """Return when something was installed or removed last; 0.0 where nothing ever was."""
        try:
            return self.packages.stat().st_mtime
        except OSError:
            return 0.0

    def _create(self) -> str:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        said = _ran(sys.executable, "-m", "venv", "--clear", str(self.path))
        if said:
            # Some systems' Pythons have no ensurepip: the pip of the image does as well.
            said = _ran(sys.executable, "-m", "venv", "--clear", "--without-pip", str(self.path))
        if said:
            return f"Python could not create the environment of the workspace: {said}"
        pip = self.path / "bin" / "pip"
        if not pip.exists():
            pip.write_text(_PIP.format(python=self.python), encoding="utf-8")
            pip.chmod(0o755)
        start = {_name(one): one.version for one in _named([self.packages])}
        (self.path / _START).write_text(json.dumps(start), encoding="utf-8")
        return ""

    def _at_start(self) -> dict[str, str]:
        try:
            content = json.loads((self.path / _START).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}


def image_packages() -> list[Path]:
    """Return the directories of the image's own packages."""
    return [Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]


def image_prefixes() -> list[Path]:
    """Return where the image keeps what is no Python: JupyterLab's pages and settings."""
    # lib/python3.13/site-packages
    return list(dict.fromkeys([Path(sys.prefix), *(path.parents[2] for path in image_packages())]))


def has_jupyter() -> bool:
    """Say whether the image has JupyterLab."""
    return any((path / "jupyterlab" / "__init__.py").exists() for path in image_packages())


def jupyter_version() -> str:
    """Return the version of the image's JupyterLab, "" where it cannot be told."""
    found = (one for one in _named(image_packages()) if _name(one).lower() == "jupyterlab")
    return next((str(one.version)[:40] for one in found), "")


def _named(paths: list[Path]) -> list[Distribution]:
    found = distributions(path=[str(path) for path in paths])
    return [one for one in found if one.metadata["Name"]]


def _name(one: Distribution) -> str:
    return str(one.metadata["Name"])  # the property came with Python 3.10


def _source(one: Distribution) -> str:
    """Return "index", or the address that a package was installed from, without secrets."""
    try:
        told = json.loads(one.read_text("direct_url.json") or "{}")
        address = str(told.get("url", ""))
    except (ValueError, AttributeError):
        return "index"
    if not address:
        return "index"
    return "file" if address.startswith("file:") else address.rpartition("@")[2][:300]


def _ran(*command: str) -> str:
    """Return "" where a command ended well, or else the last line of what it said."""
    try:
        ran = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=dict(os.environ),
            timeout=CREATE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)[:300]
    if not ran.returncode:
        return ""
    last = ran.stdout.decode(errors="replace").strip().rpartition("\n")[2]
    log("command of the workspace failed", command=command[1:4], said=last[:300])
    return last[:300] or f"exit code {ran.returncode}"
