"""Doubles of AWS: what prices are asked of (`price_lists`), and where machines run (`cloud`)."""

from tests.doubles.aws.price_lists import (
    BROKEN,
    REFUSED,
    THROTTLED,
    AwsDouble,
    Failure,
    running,
)

__all__ = ["BROKEN", "REFUSED", "THROTTLED", "AwsDouble", "Failure", "running"]
