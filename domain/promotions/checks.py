"""What a change request is checked for, and what the answers mean together."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class CheckKind(StrEnum):
    """One question that is asked before anybody approves, in the order of the page."""

    CONFIGURATION = "configuration"
    IMAGE = "image"
    DEPENDENCIES = "dependencies"
    CLOUD = "cloud"
    PRICE = "price"
    CAPACITY = "capacity"
    QUOTA = "quota"
    WINDOW = "window"
    PREVIOUS = "previous"
    TEST_WORKLOAD = "test-workload"

    @property
    def label(self) -> str:
        """The check's name on pages."""
        return _LABELS[self]


_LABELS: Mapping[CheckKind, str] = {
    CheckKind.CONFIGURATION: "Configuration",
    CheckKind.IMAGE: "Image",
    CheckKind.DEPENDENCIES: "Dependencies",
    CheckKind.CLOUD: "Cloud",
    CheckKind.PRICE: "Price",
    CheckKind.CAPACITY: "Capacity",
    CheckKind.QUOTA: "Quota",
    CheckKind.WINDOW: "Change window",
    CheckKind.PREVIOUS: "Previous environment",
    CheckKind.TEST_WORKLOAD: "Test workload",
}


class Verdict(StrEnum):
    """The answer of one check."""

    SKIPPED = "skipped"
    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return self.value.capitalize()


VOLATILE = frozenset({CheckKind.CAPACITY, CheckKind.QUOTA, CheckKind.WINDOW})
"""Checks whose answer changes with the hour: approvals are not bound to it. They are made again
before a request is applied, and one that fails then sends it back."""


ROOM = frozenset({CheckKind.CAPACITY, CheckKind.QUOTA})
"""Checks that who launches clusters answers: what became of launches is known there alone."""


def failing(
    verdicts: Mapping[CheckKind, Verdict],
    *,
    required: Iterable[CheckKind],
    skipped: Iterable[CheckKind] = (),
) -> tuple[CheckKind, ...]:
    """Return the checks that block a request, in the order of the page.

    A check that failed blocks; a required one also while it was skipped or has no verdict.
    `skipped` are those that a hotfix skips.
    """
    needed, waived = set(required), set(skipped)
    return tuple(
        kind
        for kind in CheckKind
        if kind not in waived
        and (
            verdicts.get(kind) is Verdict.FAILED
            or (kind in needed and verdicts.get(kind, Verdict.SKIPPED) is Verdict.SKIPPED)
        )
    )
