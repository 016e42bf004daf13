"""What is known of the cloud's capacity and of quotas."""

from __future__ import annotations

from clouds.access import usable_cloud
from domain.offerings import ProviderKind
from promotions.checks.answer import Answer, skipped
from promotions.evidence import configuration_of
from promotions.models import ChangeRequest


def check_capacity(request: ChangeRequest) -> Answer:
    """Say what the cloud hints about its capacity."""
    cloud = usable_cloud(
        configuration_of(request.version, request.environment).cloud, team=request.team
    )
    provider = ProviderKind(cloud.provider).label if cloud else "This cloud"
    return skipped(f"{provider} gives no hints about its capacity to Mobula.")


def check_quota(request: ChangeRequest) -> Answer:
    """Say whether the quota of the cloud's account leaves room."""
    cloud = usable_cloud(
        configuration_of(request.version, request.environment).cloud, team=request.team
    )
    return skipped(f"Quotas of {cloud or 'this cloud'} are not known to Mobula.")
