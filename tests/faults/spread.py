"""Which calls there are, and a part of the matrix that takes a minute: always the same one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.faults.kinds import KINDS
from tests.faults.wire import Call

# Each call of the driver in each phase. A test fails when the driver makes another one.
CALLS = (
    ("launch", "ec2.AuthorizeSecurityGroupEgress"),
    ("launch", "ec2.AuthorizeSecurityGroupIngress"),
    ("launch", "ec2.CreateSecurityGroup"),
    ("launch", "ec2.DescribeImages"),
    ("launch", "ec2.DescribeInstanceTypes"),
    ("launch", "ec2.DescribeInstances"),
    ("launch", "ec2.DescribeSecurityGroups"),
    ("launch", "ec2.RunInstances"),
    ("launch", "ssm.GetParameter"),
    ("cancel", "ec2.CreatePlacementGroup"),
    ("cancel", "ec2.DeletePlacementGroup"),
    ("cancel", "ec2.DeleteSecurityGroup"),
    ("cancel", "ec2.DescribeImages"),
    ("cancel", "ec2.DescribeInstanceTypes"),
    ("cancel", "ec2.DescribeInstances"),
    ("cancel", "ec2.DescribePlacementGroups"),
    ("cancel", "ec2.DescribeSecurityGroups"),
    ("cancel", "ec2.RunInstances"),
    ("cancel", "ec2.TerminateInstances"),
    ("cancel", "ssm.GetParameter"),
    ("scale up", "ec2.CreatePlacementGroup"),
    ("scale up", "ec2.DescribeImages"),
    ("scale up", "ec2.DescribeInstanceTypes"),
    ("scale up", "ec2.DescribeInstances"),
    ("scale up", "ec2.DescribeSecurityGroups"),
    ("scale up", "ec2.RunInstances"),
    ("scale up", "ssm.GetParameter"),
    ("scale down", "ec2.DescribeInstances"),
    ("scale down", "ec2.TerminateInstances"),
    ("terminate", "ec2.DeletePlacementGroup"),
    ("terminate", "ec2.DeleteSecurityGroup"),
    ("terminate", "ec2.DescribeInstances"),
    ("terminate", "ec2.DescribePlacementGroups"),
    ("terminate", "ec2.DescribeSecurityGroups"),
    ("terminate", "ec2.TerminateInstances"),
)
_READS = ("Describe", "Get")


def spread() -> Iterator[tuple[str, str, str]]:
    """Yield phase, operation and kind: calls that change something meet every third kind, and
    those next to them the others; each call that only reads meets one.
    """
    kinds = list(KINDS)
    reads = writes = 0
    for phase, operation in CALLS:
        if operation.partition(".")[2].startswith(_READS):
            yield phase, operation, kinds[reads % len(kinds)]
            reads += 1
            continue
        for kind in kinds[writes % 3 :: 3]:
            yield phase, operation, kind
        writes += 1


def chosen(calls: Sequence[Call], operation: str, kind: str) -> Call:
    """Return which of the calls of an operation meets that kind: each kind meets another one."""
    found = [call for call in calls if call.operation == operation]
    assert found, f"{operation} was not called. Take it off the list."
    return found[list(KINDS).index(kind) % len(found)]
