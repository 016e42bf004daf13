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
            value=lambda job: str(job.submitted_by or "Ray CLI"),
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
JOBS_ON_OVERVIEW = ("job", "status", "command", "submitted", "duration")

EVENTS = Table(
    name="events",
    order="-at",
    columns=(
        Column(
            key="at",
            label="Time",
            value=lambda event: event.at,
            cell="clusters/history_cells.html#at",
            sort="pk",
            is_descending=True,
        ),
        Column(
            key="event",
            label="Event",
            value=lambda event: event.message,
            cell="clusters/history_cells.html#event",
            is_fixed=True,
            css="reason",
            csv={
                "from": lambda event: event.from_state,
                "to": lambda event: event.to_state,
                "message": lambda event: event.message,
            },
        ),
        Column(
            key="node",
            label="Node",
            value=lambda event: str(event.node or ""),
            cell="clusters/history_cells.html#node",
        ),
        Column(
            key="kind",
            label="Kind",
            value=lambda event: event.get_kind_display(),
            css="text-nowrap",
            csv={"kind": lambda event: event.kind},
        ),
        Column(
            key="severity",
            label="Severity",
            value=lambda event: event.severity,
            cell="clusters/history_cells.html#severity",
        ),
        Column(
            key="by",
            label="User",
            value=lambda event: str(event.actor or ""),
        ),
    ),
)

DECISIONS = Table(
    name="decisions",
    order="-at",
    size=20,
    prefix="decisions-",
    columns=(
        Column(
            key="at",
            label="Time",
            value=lambda decision: decision.at,
            cell="clusters/history_cells.html#at",
            sort="pk",
            is_descending=True,
        ),
        Column(
            key="kind",
            label="Decision",
            value=lambda decision: decision.kind,
            cell="clusters/history_cells.html#decision",
            sort="kind",
            css="text-nowrap",
        ),
        Column(
            key="group",
            label="Group",
            value=lambda decision: decision.group,
            sort="group",
            csv={
                "group": lambda decision: decision.group,
                "count": lambda decision: decision.count,
            },
        ),
        Column(
            key="reason",
            label="Reason",
            value=lambda decision: decision.reason,
            is_fixed=True,
            css="reason",
        ),
    ),
)
