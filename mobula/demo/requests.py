"""What the sample team asked to release, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.promotions.states import RequestState

R = RequestState
_CHECKED = (R.DRAFT, R.CHECKING, R.READY)
_WITHOUT_APPROVAL = (*_CHECKED, R.APPROVED, R.QUEUED, R.APPLYING, R.VERIFYING)
_WITH_APPROVAL = (*_CHECKED, R.AWAITING_APPROVAL, R.APPROVED, R.QUEUED, R.APPLYING, R.VERIFYING)
APPROVERS = ("Grace Kim", "Hugo Lind")  # of production; they wrote none of what is released


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """A change request of the past; `path` are the states that it went through."""

    template: str
    number: int  # of the version
    environment: str
    days_ago: float
    title: str
    path: Sequence[RequestState]
    reason: str = ""  # of its last step, where that has one of its own
    approvals: int = 0
    skipped: Sequence[str] = ()
    comments: Sequence[str] = ()
    followers: int = 0  # clusters of the template that were brought to it
    fails_test: bool = False

    @property
    def state(self) -> RequestState:
        """Where it is now."""
        return self.path[-1]


def _done(template: str, number: int, environment: str, days_ago: float, title: str,
          *, followers: int = 0) -> SampleRequest:  # fmt: skip
    is_prod = environment == "prod"
    return SampleRequest(
        template=template,
        number=number,
        environment=environment,
        days_ago=days_ago,
        title=title,
        path=(*(_WITH_APPROVAL if is_prod else _WITHOUT_APPROVAL), R.DONE),
        approvals=len(APPROVERS) if is_prod else 0,
        followers=followers,
    )


# In the order of time. All of them are in the 75 days that the sample goes back.
REQUESTS: tuple[SampleRequest, ...] = (
    _done("nightly-etl", 1, "dev", 70, "First version"),
    _done("nightly-etl", 1, "test", 69, "First version"),
    _done("nightly-etl", 1, "prod", 66, "Run the nightly load on clusters of its own", followers=3),
    _done("train-gpu", 1, "dev", 65, "First version"),
    _done("train-gpu", 1, "test", 64, "First version"),
    _done("train-gpu", 1, "prod", 62, "Train on GPUs of our own"),
    _done("serving", 1, "dev", 60, "First version"),
    _done("serving", 1, "test", 59, "First version"),
    _done("serving", 1, "prod", 55, "Serve from replicas that scale", followers=4),
    _done("notebook", 1, "dev", 50, "First version"),
    _done("notebook", 1, "test", 49, "First version"),
    _done("notebook", 1, "prod", 48, "Notebooks for everyone"),
    _done("train-gpu", 2, "dev", 45, "Train on spot"),
    _done("train-gpu", 2, "test", 44, "Train on spot"),
    _done("nightly-etl", 2, "dev", 40, "Load on spot, with a fallback"),
    _done("nightly-etl", 2, "test", 39, "Load on spot, with a fallback"),
    SampleRequest(
        template="nightly-etl",
        number=2,
        environment="prod",
        days_ago=35,
        title="Load on spot, with a fallback",
        path=(*_WITH_APPROVAL, R.FAILED, R.ROLLED_BACK),
        reason="etl-orders: 2 jobs failed since the release, 0 in the same time before.",
        approvals=2,
        followers=3,
        comments=("Both jobs wrote to the **old** bucket. I move it this week.",),
    ),
    _done("nightly-etl", 2, "prod", 24, "Load on spot, now that the bucket moved", followers=3),
    _done("train-gpu", 2, "prod", 21, "Train on spot"),
    _done("notebook", 2, "dev", 18, "A smaller head node for notebooks"),
    _done("notebook", 2, "test", 17, "A smaller head node for notebooks"),
    SampleRequest(
        template="notebook",
        number=2,
        environment="prod",
        days_ago=16,
        title="A smaller head node for notebooks",
        path=(*_CHECKED, R.AWAITING_APPROVAL, R.REJECTED),
        reason="The head holds the object store of the shared notebooks: it needs the memory.",
        approvals=1,
        comments=("How much memory do the heads use now?", "About 24 GB at noon."),
    ),
    _done("backtest", 1, "dev", 14, "First version"),
    SampleRequest(
        template="backtest",
        number=1,
        environment="prod",
        days_ago=13,
        title="Backtests for the quarter's close",
        path=(R.DRAFT, R.CHECKING, R.BLOCKED, *_WITH_APPROVAL[1:], R.DONE),
        approvals=2,
        skipped=("previous",),
        reason="The quarter closes tonight, and test is taken by the audit.",
    ),
    _done("features", 1, "dev", 9, "First version"),
    SampleRequest(
        template="features",
        number=1,
        environment="test",
        days_ago=8,
        title="First version",
        path=(R.DRAFT, R.CHECKING, R.BLOCKED),
        fails_test=True,
    ),
    _done("train-gpu", 3, "dev", 6, "End clusters that train nothing"),
    _done("train-gpu", 3, "test", 5, "End clusters that train nothing"),
    SampleRequest(
        template="train-gpu",
        number=3,
        environment="prod",
        days_ago=2,
        title="End clusters that train nothing",
        path=(*_CHECKED, R.AWAITING_APPROVAL),
        comments=("An idle GPU costs us about $800 a month.",),
    ),
)  # fmt: skip
