from celery import shared_task

from clusters.orphans import places, removal
from clusters.orphans import search as searches

# A region with thousands of resources is some dozen pages.
_LIMITS = {"soft_time_limit": 240, "time_limit": 270}


@shared_task  # type: ignore[untyped-decorator]
def find() -> None:
    """Ask for a search on every cloud."""
    for cloud in places.searchable():
        search.apply_async((cloud.pk,), expires=600)


@shared_task(**_LIMITS)  # type: ignore[untyped-decorator]
def search(cloud_id: int) -> None:
    searches.search(cloud_id)


@shared_task  # type: ignore[untyped-decorator]
def advance() -> None:
    """Ask for a step of every removal that is due: a lost message costs seconds."""
    for orphan_id in removal.due():
        remove.apply_async((orphan_id,), expires=5)


@shared_task  # type: ignore[untyped-decorator]
def remove(orphan_id: int) -> None:
    removal.step(orphan_id)
