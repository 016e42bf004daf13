"""The Celery application: `celery -A mobula worker` and `celery -A mobula beat`."""

import os
from contextlib import ExitStack
from typing import Any

from celery import Celery, Task
from celery.signals import before_task_publish, celeryd_init, task_postrun, task_prerun

from accounts.origin import Origin, caused_by, current_origin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")

_TASKS = [
    "domain.planner.together",
    "clusters.notices.tasks",
    "clusters.orphans.tasks",
    "clusters.room.tasks",
    "clusters.switching.tasks",
    "clusters.test_runs.tasks",
]
# The planner loads its solver only when it is asked: a worker does so once, before it forks.
app = Celery("mobula", include=_TASKS)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A pool for the slow queue alone leaves the processor to whoever waits for a click.
NICENESS = 10


@celeryd_init.connect  # type: ignore[untyped-decorator]
def _give_way(*, options: dict[str, Any], **_: object) -> None:
    if options.get("queues") == ["slow"]:
        os.nice(NICENESS)


# A task carries the id of the request that asked for it, and passes it on to what it asks for.
REQUEST_HEADER = "mobula_request"
_running = ExitStack()


@before_task_publish.connect  # type: ignore[untyped-decorator]
def _name_cause(*, headers: dict[str, Any], **_: object) -> None:
    if request_id := current_origin().request_id:
        headers[REQUEST_HEADER] = request_id


@task_prerun.connect  # type: ignore[untyped-decorator]
def _begin(*, task: Task, **_: object) -> None:
    if task.request.is_eager:  # in the caller's process, which knows its cause
        return
    cause = task.request.get(REQUEST_HEADER) or ""
    _running.enter_context(caused_by(Origin(request_id=str(cause)[:64])))


@task_postrun.connect  # type: ignore[untyped-decorator]
def _end(**_: object) -> None:
    _running.close()
