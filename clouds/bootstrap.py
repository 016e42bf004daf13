from django.db import transaction

from accounts.models import Team
from accounts.services import record
from clouds.models import DEFAULT_CLOUD, Cloud
from domain.offerings import ProviderKind


@transaction.atomic
def bootstrap() -> None:
    """Make this machine available as the cloud `local`, for the first team only.

    Once the cloud exists, its teams are what an admin made of them.
    """
    cloud, is_new = Cloud.objects.get_or_create(
        name=DEFAULT_CLOUD, defaults={"provider": ProviderKind.LOCAL}
    )
    first = Team.objects.order_by("pk").first()
    if is_new and first is not None:
        cloud.teams.add(first)
        record("cloud.shared", actor=None, team=first, subject=cloud)
