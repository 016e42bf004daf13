"""What a build elsewhere prints: lines for its log, and some that are meant for Mobula."""

from __future__ import annotations

import re

from providers.builders.base import Contents, Package
from providers.builders.contents import MOST_PACKAGES

# Of BuildKit: "#6 [stage-1 2/3] RUN pip install …"; and of the builder before it.
_BUILDKIT = re.compile(r"#\d{1,6} \[(?:(\S{1,200}) )?(\d{1,5})/(\d{1,5})\] (.{1,2000})")
_LEGACY = re.compile(r"Step (\d{1,5})/(\d{1,5}) : (.{1,2000})")
_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,199}")
_VERSION = re.compile(r"[\w.+!~:*-]{1,100}")
_PYTHON = re.compile(r"/python(\d+\.\d+)/")
_MOST_TAIL, _MOST_STEPS = 60, 10_000


class Output:
    """Reads the lines of one build, in order."""

    def __init__(self) -> None:
        self.is_pushing = self.is_whole = False
        self._packages: set[Package] = set()
        self._python = ""
        self._steps = 0
        self._total = 0
        self._seen: set[tuple[str, ...]] = set()
        self._tail: list[str] = []

    def phase(self, sentence: str) -> str:
        """Return the line that begins a step of the service's own."""
        self._steps += 1
        total = f"/{max(self._total, self._steps)}" if self._total else ""
        return f"STEP {self._steps}{total}: {sentence}"

    def line(self, text: str, *, mark: str) -> str | None:
        """Return the line as the log shows it; None for one that is meant for Mobula."""
        text = text.rstrip("\r\n")
        if mark and text.startswith(f"{mark} "):
            self._told(text.split()[1:])
            return None
        self._tail = [*self._tail[-_MOST_TAIL:], text]
        return self._step(text) or text

    def contents(self, *, ray: str = "", python: str = "") -> Contents:
        """Return what is in the image; `ray` and `python` are known apart from the log."""
        found = set(self._packages)
        if ray and not any((one.kind, one.name) == ("pip", "ray") for one in found):
            found.add(Package(kind="pip", name="ray", version=ray[:100]))
        packages = sorted(found, key=lambda one: (one.kind, one.name, one.version))
        return Contents(packages=packages[:MOST_PACKAGES], python_version=self._python or python)

    def last_words(self) -> str:
        """Return the line that says why it failed, as far as one does."""
        told = [one.strip() for one in self._tail if one.strip() and set(one.strip()) != {"-"}]
        own = [one for one in told if not one.startswith("[Container]")]
        errors = [one for one in own if "rror" in one or "denied" in one]
        return (errors or own or [""])[-1][:500]

    def _told(self, words: list[str]) -> None:
        match words:
            case ["push"]:
                self.is_pushing = True
            case ["end"]:
                self.is_whole = True
            case ["apt", name, version]:
                self._add("apt", name, version)
            case ["pip", name, version, *place]:
                name = name.lower().replace("_", "-").replace(".", "-")
                self._add("pip", name, version)
                found = _PYTHON.search("".join(place))
                if name == "ray" and found:
                    self._python = found[1]

    def _add(self, kind: str, name: str, version: str) -> None:
        is_known = _NAME.fullmatch(name) and _VERSION.fullmatch(version)
        if is_known and len(self._packages) < 2 * MOST_PACKAGES:
            self._packages.add(Package(kind=kind, name=name, version=version))

    def _step(self, text: str) -> str | None:
        """Return the first line of a step in Mobula's own form; BuildKit repeats it."""
        if found := _BUILDKIT.match(text):
            stage, number, total, what = found.groups()
        elif found := _LEGACY.match(text):
            stage, (number, total, what) = "", found.groups()
        else:
            return None
        # What prints such lines without end fills no memory.
        if (stage or "", number, total) in self._seen or len(self._seen) >= _MOST_STEPS:
            return None
        if not self._seen:
            self._total = self._steps + int(total) + 1  # and the push
        self._seen.add((stage or "", number, total))
        self._steps += 1
        self._total = max(self._total, self._steps + 1)
        return f"STEP {self._steps}/{self._total}: {what}"
