"""The columns of the list of images, of an image's versions, and of registries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from images.catalogue import in_order
from tables.columns import Column, Table


def _latest(name: str) -> Callable[[Any], object]:
    return lambda row: getattr(row.latest, name, "")


def _version(name: str, label: str) -> Column:
    field = f"{name}_version"
    return Column(
        key=name,
        label=label,
        value=_latest(field),
        sort=lambda row: in_order(getattr(row.latest, field, "") or "0"),
        is_descending=True,
    )


LISTED = Table(
    name="image-list",
    order="name",
    columns=(
        Column(
            key="name",
            label="Name",
            value=lambda row: row.name,
            cell="images/list_cells.html#name",
            sort=lambda row: row.name,
            is_heading=True,
        ),
        Column(
            key="latest",
            label="Latest version",
            value=lambda row: row.latest,
            cell="images/list_cells.html#latest",
            sort=lambda row: row.latest.created_at if row.latest else None,
            is_descending=True,
        ),
        _version("ray", "Ray"),
        _version("python", "Python"),
        _version("cuda", "CUDA"),
        Column(
            key="state",
            label="State",
            value=lambda row: row.state,
            cell="images/list_cells.html#state",
            sort=lambda row: row.state,
        ),
        Column(key="tags", label="Tags", value=lambda row: ", ".join(row.tags)),
        Column(
            key="team",
            label="Team",
            value=lambda row: row.team or "All teams",
            sort=lambda row: row.team,
        ),
        Column(
            key="clusters",
            label="Clusters",
            value=lambda row: row.clusters,
            sort=lambda row: row.clusters,
            is_number=True,
            is_descending=True,
            hint="Clusters of your teams on any version, terminated ones left out.",
        ),
    ),
)

VERSIONS = Table(
    name="image-versions",
    order="-version",
    columns=(
        Column(
            key="version",
            label="Version",
            value=str,
            cell="images/list_cells.html#version",
            sort="number",
            is_heading=True,
            is_descending=True,
        ),
        Column(
            key="state",
            label="State",
            value=lambda row: row.state,
            cell="images/list_cells.html#state",
            sort="state",
        ),
        Column(key="ray", label="Ray", value=lambda row: row.ray_version),
        Column(key="python", label="Python", value=lambda row: row.python_version),
        Column(key="cuda", label="CUDA", value=lambda row: row.cuda_version),
        Column(
            key="tags",
            label="Tags",
            value=lambda row: ", ".join(tag.name for tag in row.tags.all()),
        ),
        Column(key="message", label="Message", value=lambda row: row.message),
        Column(
            key="created",
            label="Created",
            value=lambda row: row.created_at,
            cell="images/list_cells.html#created",
            sort="created_at",
            is_descending=True,
        ),
        Column(
            key="digest",
            label="Digest",
            value=lambda row: row.digest,
            is_hidden=True,
        ),
        Column(
            key="actions",
            label="Actions",
            value=lambda _: "",
            cell="images/list_cells.html#changes",
            is_number=True,
            is_fixed=True,
        ),
    ),
)

REGISTRIES = Table(
    name="registries",
    order="name",
    columns=(
        Column(
            key="name",
            label="Name",
            value=lambda row: row.name,
            cell="images/list_cells.html#registry",
            sort="name",
            is_heading=True,
        ),
        Column(
            key="kind",
            label="Kind",
            value=lambda row: row.get_kind_display(),
            sort="kind",
        ),
        Column(key="host", label="Host", value=lambda row: row.host, sort="host"),
        Column(key="team", label="Team", value=lambda row: row.team or "All teams"),
        Column(
            key="credentials",
            label="Credentials",
            value=lambda row: "Saved" if row.sealed_credentials else "None",
        ),
        Column(
            key="images",
            label="Image versions",
            value=lambda row: row.versions,
            sort="versions",
            is_number=True,
            is_descending=True,
        ),
    ),
)
