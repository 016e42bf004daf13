"""States of a change request and of a test run, and the moves allowed between them."""

from collections.abc import Mapping
from enum import StrEnum

from domain.lifecycle import MoveNotAllowed


class RequestState(StrEnum):
    """How far a request to release a version in an environment has come."""

    DRAFT = "draft"
    CHECKING = "checking"
    BLOCKED = "blocked"
    READY = "ready"
    AWAITING_APPROVAL = "awaiting approval"
    APPROVED = "approved"
    QUEUED = "queued"
    APPLYING = "applying"
    VERIFYING = "verifying"
    DONE = "done"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELED = "canceled"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"

    @property
    def label(self) -> str:
        return self.value.capitalize()


R = RequestState
# Nothing of the release has been touched: the request can still end without a trace on it.
_GIVEN_UP = frozenset({R.CANCELED, R.EXPIRED, R.SUPERSEDED})
REQUEST_MOVES: Mapping[RequestState, frozenset[RequestState]] = {
    # The author submits it.
    R.DRAFT: frozenset({R.CHECKING}) | _GIVEN_UP,
    # A check failed; none did.
    R.CHECKING: frozenset({R.BLOCKED, R.READY}) | _GIVEN_UP,
    # Checked again; or somebody with the right skips what failed.
    R.BLOCKED: frozenset({R.CHECKING, R.READY}) | _GIVEN_UP,
    # Approval is asked for; none is needed; what was checked has changed.
    R.READY: frozenset({R.AWAITING_APPROVAL, R.APPROVED, R.CHECKING}) | _GIVEN_UP,
    # Enough approvers agreed; one did not; what they looked at has changed.
    R.AWAITING_APPROVAL: frozenset({R.APPROVED, R.REJECTED, R.CHECKING}) | _GIVEN_UP,
    # It waits for its turn; what was approved has changed; an approver changed their mind.
    R.APPROVED: frozenset({R.QUEUED, R.CHECKING, R.REJECTED}) | _GIVEN_UP,
    # Its turn has come and changes are allowed now; what was approved has changed.
    R.QUEUED: frozenset({R.APPLYING, R.CHECKING, R.REJECTED}) | _GIVEN_UP,
    # All clusters follow; some cannot; somebody went back.
    R.APPLYING: frozenset({R.VERIFYING, R.FAILED, R.ROLLED_BACK}),
    # The clusters do well; they do not; the last good release is back.
    R.VERIFYING: frozenset({R.DONE, R.FAILED, R.ROLLED_BACK}),
    R.DONE: frozenset(),
    R.REJECTED: frozenset(),
    R.EXPIRED: frozenset(),
    R.SUPERSEDED: frozenset(),
    R.CANCELED: frozenset(),
    R.FAILED: frozenset({R.ROLLED_BACK}),
    R.ROLLED_BACK: frozenset(),
}
OPEN_STATES = frozenset(
    {
        *(R.DRAFT, R.CHECKING, R.BLOCKED, R.READY, R.AWAITING_APPROVAL),
        *(R.APPROVED, R.QUEUED, R.APPLYING, R.VERIFYING),
    }
)
"""What is still to be decided or done."""

UNAPPLIED_STATES = OPEN_STATES - {R.APPLYING, R.VERIFYING}
"""The release has not been touched: the request can be canceled, and expires."""

CHECKABLE_STATES = frozenset({R.BLOCKED, R.READY, R.AWAITING_APPROVAL})
"""Its author can have it checked again, and skip checks in a hotfix."""

REJECTABLE_STATES = frozenset({R.AWAITING_APPROVAL, R.APPROVED, R.QUEUED})
"""An approver can still reject it."""

APPLIED_STATES = frozenset({R.APPLYING, R.VERIFYING})
"""The release points to the request's version; only one request at a time is here."""


class TestRunState(StrEnum):
    """How far a test workload has come."""

    __test__ = False  # no test case, whatever pytest makes of the name

    WANTED = "wanted"
    STARTING = "starting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def label(self) -> str:
        return self.value.capitalize()


T = TestRunState
TEST_RUN_MOVES: Mapping[TestRunState, frozenset[TestRunState]] = {
    # Its cluster is launched; it cannot be; nobody needs the result any more.
    T.WANTED: frozenset({T.STARTING, T.FAILED, T.CANCELED}),
    # The workload was submitted; the cluster did not come up.
    T.STARTING: frozenset({T.RUNNING, T.FAILED, T.CANCELED}),
    # The workload ended; it used up its time or its money.
    T.RUNNING: frozenset({T.PASSED, T.FAILED, T.CANCELED}),
    T.PASSED: frozenset(),
    T.FAILED: frozenset(),
    T.CANCELED: frozenset(),
}
OPEN_TEST_RUN_STATES = frozenset({T.WANTED, T.STARTING, T.RUNNING})


def check_request_move(current: RequestState, wanted: RequestState) -> None:
    """Raise `MoveNotAllowed` unless a request may go from `current` to `wanted`."""
    if wanted not in REQUEST_MOVES[current]:
        raise MoveNotAllowed(current, wanted)


def check_test_run_move(current: TestRunState, wanted: TestRunState) -> None:
    """Raise `MoveNotAllowed` unless a test run may go from `current` to `wanted`."""
    if wanted not in TEST_RUN_MOVES[current]:
        raise MoveNotAllowed(current, wanted)
