"""What promotions keep."""

from promotions.models.environment import Approver, ApproverGroup, ChangeWindow, Environment
from promotions.models.evidence import Approval, CheckResult, TestRun
from promotions.models.release import Release, Rollout
from promotions.models.request import ChangeRequest, Comment, Step

__all__ = [
    "Approval",
    "Approver",
    "ApproverGroup",
    "ChangeRequest",
    "ChangeWindow",
    "CheckResult",
    "Comment",
    "Environment",
    "Release",
    "Rollout",
    "Step",
    "TestRun",
]
