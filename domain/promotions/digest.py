"""The digest that an approval is bound to."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from domain.promotions.checks import VOLATILE, CheckKind, Verdict

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that an approver looked at; whatever changes of it, approvals are void.

    `configuration` is what the version says for the environment with all overlays, as plain data;
    `prices` the price of each line in USD per hour, as text; `settings` what the environment lays
    over all versions, empty where nobody has said anything.
    """

    configuration: object
    image: str
    changes: tuple[str, ...]
    verdicts: Mapping[CheckKind, Verdict]
    rules: object
    settings: Mapping[str, object]
    prices: Mapping[str, str]
    strategy: str
    skipped: tuple[str, ...] = ()
    code: str = ""  # the digest of the code that the test workload ran in

    @property
    def parts(self) -> dict[str, str]:
        """The digest of each part, by its name: two evidences can be compared by them."""
        parts = {
            "configuration": _digest(self.configuration),
            "image": _digest(self.image),
            "changes": _digest(self.changes),
            "checks": _digest(
                {kind: verdict for kind, verdict in self.verdicts.items() if kind not in VOLATILE}
            ),
            "rules": _digest(self.rules),
            "prices": _digest(dict(self.prices)),
            "strategy": _digest([self.strategy, *self.skipped]),
        }
        # Left out where there are none, so that what was approved before they existed still is.
        if self.settings:
            parts["settings"] = _digest(dict(self.settings))
        if self.code:
            parts["code"] = _digest(self.code)
        return parts


def digest_of(parts: Mapping[str, str]) -> str:
    """Return the SHA-256 of the parts' digests, in hex."""
    return _digest([FORMAT, dict(parts)])


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the parts that differ, in the order of `after`."""
    names = (*after, *(name for name in before if name not in after))
    return tuple(name for name in names if before.get(name) != after.get(name))


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
