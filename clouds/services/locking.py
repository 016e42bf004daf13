"""A cloud as it is now, while nobody else changes it."""

from accounts.errors import WrongState
from clouds.models import Cloud


def locked(cloud: Cloud) -> Cloud:
    """Return the cloud's row, locked; raises `WrongState` if it was deleted. In a transaction."""
    row = Cloud.objects.select_for_update().filter(pk=cloud.pk).first()
    if row is None:
        raise WrongState(f"Cloud {cloud} was deleted.")
    return row
