"""What promotions keep."""

from promotions.models.code import CodeContent, CodePackage
from promotions.models.environment import Approver, ApproverGroup, ChangeWindow, Environment
from promotions.models.evidence import Approval, CheckResult, TestRun
from promotions.models.release import Release, Rollout
from promotions.models.request import ChangeRequest, Comment, Step
from promotions.models.settings import EnvironmentSettings

__all__ = [
    "Approval",
    "Approver",
    "ApproverGroup",
    "ChangeRequest",
    "ChangeWindow",
    "CheckResult",
    "CodeContent",
    "CodePackage",
    "Comment",
    "Environment",
    "EnvironmentSettings",
    "Release",
    "Rollout",
    "Step",
    "TestRun",
]
