"""The Celery application: `celery -A mobula worker` and `celery -A mobula beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")

# The planner loads its solver only when it is asked: a worker does so once, before it forks.
app = Celery("mobula", include=["domain.planner.together", "clusters.test_runs.tasks"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A pool for the slow queue alone leaves the processor to whoever waits for a click.
NICENESS = 10


@celeryd_init.connect  # type: ignore[untyped-decorator]
def _give_way(*, options: dict[str, Any], **_: object) -> None:
    if options.get("queues") == ["slow"]:
        os.nice(NICENESS)
