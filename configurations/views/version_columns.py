"""The columns of a template's versions."""

from __future__ import annotations

from tables.columns import Column, Table

VERSIONS = Table(
    name="versions",
    order="-version",
    columns=(
        Column(
            key="version",
            label="Version",
            value=lambda version: version.number,
            cell="configurations/version_cells.html#version",
            sort="number",
            is_heading=True,
            is_descending=True,
        ),
        Column(
            key="message",
            label="Message",
            value=lambda version: version.message,
            cell="configurations/version_cells.html#message",
            css="reason",
        ),
        Column(
            key="by",
            label="By",
            value=lambda version: str(version.author),
            sort="author__email",
        ),
        Column(
            key="saved",
            label="Saved",
            value=lambda version: version.created_at,
            cell="configurations/version_cells.html#saved",
            sort="created_at",
            is_descending=True,
        ),
        Column(
            key="digest",
            label="Digest",
            value=lambda version: version.digest,
            cell="configurations/version_cells.html#digest",
        ),
        Column(
            key="clusters",
            label="Clusters",
            value=lambda version: version.cluster_count,
            cell="configurations/version_cells.html#clusters",
            sort="cluster_count",
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="actions",
            label="Actions",
            value=lambda _: "",
            cell="configurations/version_cells.html#actions",
            is_number=True,
            is_fixed=True,
            csv={"archived": lambda version: version.archived_at},
        ),
    ),
)
