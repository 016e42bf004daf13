"""The columns of the list of clouds."""

from __future__ import annotations

from clouds.queries import CloudFacts
from tables.columns import Column, Table


def _refreshed(row: CloudFacts) -> object:
    return row.refresh.finished_at if row.refresh else None


CLOUDS = Table(
    name="clouds",
    order="name",
    columns=(
        Column(
            key="name",
            label="Name",
            value=lambda row: row.cloud.name,
            cell="clouds/cells.html#name",
            sort=lambda row: row.cloud.name.lower(),
            is_heading=True,
        ),
        Column(
            key="provider",
            label="Provider",
            value=lambda row: row.cloud.get_provider_display(),
            sort=lambda row: row.cloud.provider,
            css="text-nowrap",
            csv={"provider": lambda row: row.cloud.provider},
        ),
        Column(
            key="region",
            label="Region",
            value=lambda row: row.cloud.region,
            sort=lambda row: row.cloud.region or None,
            css="text-nowrap",
        ),
        Column(
            key="teams",
            label="Teams",
            value=lambda _: "",
            cell="clouds/cells.html#teams",
            csv={"all_teams": lambda row: row.cloud.is_shared},
        ),
        Column(
            key="types",
            label="Machine types",
            value=lambda row: row.types,
            cell="clouds/cells.html#types",
            sort=lambda row: row.types,
            is_number=True,
            is_descending=True,
            csv={"machine_types": lambda row: row.types},
        ),
        Column(
            key="priced",
            label="Priced",
            value=lambda row: row.priced,
            cell="clouds/cells.html#priced",
            sort=lambda row: row.priced or None,
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="prices",
            label="Price source",
            value=lambda row: "; ".join(prices.source for prices in row.price_dates),
            cell="clouds/cells.html#prices",
            csv={
                "price_sources": lambda row: "; ".join(prices.source for prices in row.price_dates)
            },
        ),
        Column(
            key="refreshed",
            label="Last refresh",
            value=_refreshed,
            cell="clouds/cells.html#refreshed",
            sort=_refreshed,
            is_descending=True,
        ),
        Column(
            key="actions",
            label="Actions",
            value=lambda _: "",
            cell="clouds/cells.html#actions",
            is_fixed=True,
            css="cloud-actions",
            csv={"not_launchable": lambda row: row.refusal},
        ),
    ),
)
