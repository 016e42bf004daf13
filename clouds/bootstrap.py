import logging

from django.db import transaction

from accounts.models import Team
from accounts.services import record
from clouds.credentials import reseal
from clouds.models import DEFAULT_CLOUD, Cloud
from domain.offerings import ProviderKind

log = logging.getLogger(__name__)


@transaction.atomic
def bootstrap() -> None:
    """Make this machine available as the cloud `local`, for the first team only.

    Once the cloud exists, its teams are what an admin made of them. Credentials of all clouds are
    sealed with the current key, so that old keys can be dropped.
    """
    cloud, is_new = Cloud.objects.get_or_create(
        name=DEFAULT_CLOUD, defaults={"provider": ProviderKind.LOCAL}
    )
    first = Team.objects.order_by("pk").first()
    if is_new and first is not None:
        cloud.teams.add(first)
        record("cloud.shared", actor=None, team=first, subject=cloud)
    if lost := reseal():
        log.warning(
            "no key opens the credentials of some clouds", extra={"clouds": [c.pk for c in lost]}
        )
