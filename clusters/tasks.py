from celery import shared_task
from django.utils.timezone import now

from clusters import job_logs
from clusters.reconcile import loop
from clusters.scaling.strategies import forecasts, samples


@shared_task  # type: ignore[untyped-decorator]
def reconcile_cluster(cluster_id: str) -> None:
    # Messages may come twice and late: what another one did already is not done again.
    loop.reconcile(cluster_id, only_if_due=True)


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Ask for every cluster that is due: a lost message costs a second, not a cluster."""
    for cluster_id in loop.due():
        # If no worker takes it soon, the next sweep asks again: no queue grows meanwhile.
        reconcile_cluster.apply_async((cluster_id,), expires=5)


@shared_task  # type: ignore[untyped-decorator]
def bound_job_logs() -> None:
    job_logs.bound_total(now())


@shared_task  # type: ignore[untyped-decorator]
def count_job_logs() -> None:
    job_logs.count_usage()


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
