"""What was wrong in a run, each once."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.faults.pages import PageWatch
from benchmarks.faults.watch import Watch, leaked, lost
from tests.e2e.stack import Console


@dataclass
class Findings:
    """Everything that was wrong, each once."""

    leaked: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)

    def look(self, mobula: Console, watch: Watch, pages: PageWatch, *, final: bool = False) -> None:
        """Take in what is wrong now."""
        self.leaked.update(leaked(mobula))
        self.doubled.update(watch.doubled())
        self.lost.update(lost(mobula, final=final))
        self.errors.update(pages.wrong())

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def __str__(self) -> str:
        lines = [f"{kind}: {line}" for kind, items in vars(self).items() for line in sorted(items)]
        return "\n".join([*lines, " ".join(f"{k}={len(items)}" for k, items in vars(self).items())])
