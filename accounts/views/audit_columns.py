"""The columns of the audit trail: the CSV is made of entries, the cells show their lines."""

from __future__ import annotations

import json

from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import AuditEntry
from tables.columns import Column, Table


def _json(state: object) -> str:
    return "" if state is None else json.dumps(state, cls=DjangoJSONEncoder, sort_keys=True)


def _placed(entry: AuditEntry, name: str) -> object:
    return entry.place[name] if entry.place else ""


# Sorted by time alone: other orders would sort everything that the reader may see.
AUDIT = Table(
    name="audit",
    order="-time",
    columns=(
        Column(
            key="time",
            label="Time",
            value=lambda entry: entry.at,
            cell="accounts/audit_cells.html#time",
            sort="pk",
            is_descending=True,
            is_fixed=True,
            csv={"at": lambda entry: entry.at.isoformat()},
        ),
        Column(
            key="user",
            label="User",
            value=lambda entry: entry.actor,
            cell="accounts/audit_cells.html#user",
            csv={
                "actor": lambda entry: entry.actor.email if entry.actor else "Mobula",
                "actor_name": lambda entry: entry.actor_name,
                "address": lambda entry: entry.address,
            },
        ),
        Column(
            key="action",
            label="Action",
            value=lambda entry: entry.action,
            cell="accounts/audit_cells.html#action",
        ),
        Column(
            key="resource",
            label="Resource",
            value=lambda entry: entry.subject_name,
            cell="accounts/audit_cells.html#resource",
            csv={
                "kind": lambda entry: entry.subject_kind,
                "subject id": lambda entry: entry.subject_id,
                "subject": lambda entry: entry.subject_name,
            },
        ),
        Column(
            key="team",
            label="Team",
            value=lambda entry: entry.team,
            cell="accounts/audit_cells.html#team",
            csv={"team": lambda entry: entry.team.name if entry.team else ""},
        ),
        Column(
            key="changes",
            label="Changes",
            value=lambda entry: entry.reason,
            cell="accounts/audit_cells.html#changes",
            css="audit-changes",
            csv={
                "before": lambda entry: _json(entry.before),
                "after": lambda entry: _json(entry.after),
                "reason": lambda entry: entry.reason,
            },
        ),
        Column(
            key="request",
            label="Request ID",
            value=lambda entry: entry.request_id,
            cell="accounts/audit_cells.html#request",
            is_hidden=True,
            csv={
                "request": lambda entry: entry.request_id,
                "position": lambda entry: _placed(entry, "position"),
                "digest": lambda entry: _placed(entry, "digest"),
            },
        ),
    ),
)
