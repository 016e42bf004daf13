from celery import Task, shared_task
from django.utils.timezone import now

from clusters import following
from clusters.logs import jobs, nodes
from clusters.queues import Priority, Queue
from clusters.reconcile import loop, settled
from clusters.scaling.strategies import forecasts, samples


@shared_task  # type: ignore[untyped-decorator]
def reconcile_cluster(cluster_id: str) -> None:
    # Messages may come twice and late: what another one did already is not done again.
    loop.reconcile(cluster_id, only_if_due=True, queue=Queue.FAST)


@shared_task  # type: ignore[untyped-decorator]
def reconcile_slow_cluster(cluster_id: str) -> None:
    loop.reconcile(cluster_id, only_if_due=True, queue=Queue.SLOW)


_PASSES: dict[Queue, Task] = {Queue.FAST: reconcile_cluster, Queue.SLOW: reconcile_slow_cluster}


def ask_for_pass(
    cluster_id: str, *, queue: Queue, priority: Priority, expires: float, retry: bool = True
) -> None:
    """Put a message for a pass of one cluster into a queue."""
    _PASSES[queue].apply_async(
        (cluster_id,), queue=queue.value, priority=priority.value, expires=expires, retry=retry
    )


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Ask for every cluster that is due: a lost message costs a second, not a cluster."""
    for queue in Queue:
        for cluster_id, priority in loop.due_passes(queue).items():
            # If no worker takes it soon, the next sweep asks again: no queue grows meanwhile.
            ask_for_pass(cluster_id, queue=queue, priority=priority, expires=5)

    for cluster_ids in settled.due():
        look_at_settled.apply_async((cluster_ids,), priority=Priority.LOOP.value, expires=5)


@shared_task  # type: ignore[untyped-decorator]
def look_at_settled(cluster_ids: list[str]) -> None:
    """Look at the machines of clusters in which nothing moves; ask for passes where it does."""
    for cluster_id in settled.look(cluster_ids):
        ask_for_pass(cluster_id, queue=Queue.FAST, priority=Priority.LOOP, expires=5)


@shared_task  # type: ignore[untyped-decorator]
def follow_releases() -> None:
    """Ask for a step of every release under way: a lost message costs seconds."""
    for request_id in following.due():
        follow_release.apply_async((request_id,), expires=5)


@shared_task  # type: ignore[untyped-decorator]
def follow_release(request_id: int) -> None:
    following.step(request_id)


@shared_task  # type: ignore[untyped-decorator]
def bound_logs() -> None:
    for room in (jobs.ROOM, nodes.ROOM):
        room.bound_total(now())


@shared_task  # type: ignore[untyped-decorator]
def count_logs() -> None:
    for room in (jobs.ROOM, nodes.ROOM):
        room.count_usage()
    nodes.forget_empty_files()


@shared_task  # type: ignore[untyped-decorator]
def sample_scaling() -> None:
    samples.take()


@shared_task  # type: ignore[untyped-decorator]
def forecast_clusters() -> None:
    for cluster_id in forecasts.due():
        forecast_cluster.apply_async((cluster_id,), expires=900)


@shared_task  # type: ignore[untyped-decorator]
def forecast_cluster(cluster_id: str) -> None:
    forecasts.make(cluster_id)
