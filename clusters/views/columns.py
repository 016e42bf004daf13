"""The columns of a cluster's tables."""

from __future__ import annotations

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F
from django.db.models.functions import Coalesce, Now

from tables.columns import Column, Table

_RAN_FOR = ExpressionWrapper(
    Coalesce(F("ended_at"), Now(), output_field=DateTimeField()) - F("started_at"),
    output_field=DurationField(),
)

JOBS = Table(
    name="jobs",
    order="-submitted",
    columns=(
        Column(
            key="job",
            label="Job",
            value=lambda job: job.submission_id,
            cell="clusters/history_cells.html#job",
            sort="submission_id",
            is_heading=True,
        ),
        Column(
            key="status",
            label="Status",
            value=lambda job: job.status,
            cell="clusters/history_cells.html#status",
            sort="status",
        ),
        Column(
            key="command",
            label="Command",
            value=lambda job: job.entrypoint,
            cell="clusters/history_cells.html#command",
            csv={"entrypoint": lambda job: job.entrypoint},
        ),
        Column(
            key="by",
            label="Submitted by",
            value=lambda job: job.submitted_by or "Ray CLI",
            sort="submitted_by__email",
        ),
        Column(
            key="submitted",
            label="Submitted",
            value=lambda job: job.created_at,
            cell="clusters/history_cells.html#submitted",
            sort="pk",
            is_descending=True,
        ),
        Column(
            key="started",
            label="Started",
            value=lambda job: job.started_at,
            cell="clusters/history_cells.html#started",
            sort="started_at",
            is_descending=True,
            is_hidden=True,
        ),
        Column(
            key="ended",
            label="Ended",
            value=lambda job: job.ended_at,
            cell="clusters/history_cells.html#ended",
            sort="ended_at",
            is_descending=True,
            is_hidden=True,
        ),
        Column(
            key="duration",
            label="Duration",
            value=lambda job: job.seconds,
            cell="clusters/history_cells.html#duration",
            sort=_RAN_FOR,
            is_number=True,
            is_descending=True,
            csv={},
        ),
        Column(
            key="log",
            label="Log",
            value=lambda job: job.log_bytes,
            cell="clusters/history_cells.html#log",
            sort="log_bytes",
            is_number=True,
            is_descending=True,
            csv={"message": lambda job: job.message},
        ),
    ),
)
