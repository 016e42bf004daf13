"""Why a machine ended by itself: EC2's state reasons as sentences and classes of failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.cooldowns import FailureClass

INTERRUPTED = "Server.SpotInstanceTermination"
BY_A_USER = "Client.UserInitiatedShutdown"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a machine ended, for people and for the planner."""

    sentence: str
    failure: FailureClass | None


REASONS: Mapping[str, Reason] = {
    INTERRUPTED: Reason("AWS reclaimed the spot instance.", FailureClass.CAPACITY),
    "Server.SpotInstanceShutdown": Reason("AWS stopped the spot instance.", FailureClass.CAPACITY),
    "Server.InsufficientInstanceCapacity": Reason(
        "AWS had no capacity for the instance.", FailureClass.CAPACITY
    ),
    "Server.CapacityReservationExpired": Reason(
        "The capacity block of the instance ended.", FailureClass.CAPACITY
    ),
    "Server.ScheduledStop": Reason(
        "AWS stopped the instance for scheduled maintenance.", FailureClass.TRANSIENT
    ),
    "Server.InternalError": Reason(
        "An internal error of EC2 ended the instance.", FailureClass.TRANSIENT
    ),
    "Client.VolumeLimitExceeded": Reason(
        "The account's quota for EBS storage is used up. Request an increase in Service Quotas.",
        FailureClass.QUOTA,
    ),
    "Client.InvalidSnapshot.NotFound": Reason(
        "The snapshot of a volume does not exist. Check the AMI and the block device mappings.",
        FailureClass.CONFIGURATION,
    ),
    # EC2 says no more than this when it may not use the key of an encrypted volume.
    "Client.InternalError": Reason(
        "A volume could not be attached. If it is encrypted, let the cloud's credentials use its "
        "KMS key.",
        FailureClass.PERMISSION,
    ),
    "Client.InstanceInitiatedShutdown": Reason(
        "The machine shut itself down.", FailureClass.TRANSIENT
    ),
    "Client.InstanceTerminated": Reason(
        "The instance was terminated before it ran.", FailureClass.TRANSIENT
    ),
    "Client.UserInitiatedHibernate": Reason("Someone hibernated the instance in AWS.", None),
    BY_A_USER: Reason("Someone stopped or terminated the instance in AWS.", None),
}


def reason_of(code: str, message: str) -> Reason:
    """Return why a machine ended; a code that nobody knows is told as EC2 tells it."""
    if code in REASONS:
        return REASONS[code]
    words = message.partition(": ")[2] or message or code or "EC2 says no reason"
    failure = FailureClass.TRANSIENT if code.startswith("Server.") else None
    return Reason(f"The instance ended: {words.rstrip('.')}.", failure)
