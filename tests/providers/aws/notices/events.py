"""EC2's events as EventBridge puts them into a queue."""

from __future__ import annotations

import json
from typing import Any

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/mobula"
WARNING = "EC2 Spot Instance Interruption Warning"
REBALANCE = "EC2 Instance Rebalance Recommendation"
STATE = "EC2 Instance State-change Notification"
# Of a queue that EventBridge may send to, as docs/aws.md has it.
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "arn:aws:sqs:us-east-1:123456789012:mobula",
            }
        ],
    }
)


def event(kind: str, instance: str, *, time: str = "2026-11-29T12:00:00Z", **detail: Any) -> str:
    """An event about an instance, as in EC2's user guide."""
    return json.dumps(
        {
            "version": "0",
            "id": "12345678-1234-1234-1234-123456789012",
            "detail-type": kind,
            "source": "aws.ec2",
            "account": "123456789012",
            "time": time,
            "region": "us-east-1",
            "resources": [f"arn:aws:ec2:us-east-1:123456789012:instance/{instance}"],
            "detail": {"instance-id": instance, **detail},
        }
    )
