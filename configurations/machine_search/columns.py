"""The columns of the machines that a search found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from configurations.machine_search.prices import Priced, PriceOrigin
from domain.catalogue.search import Found
from domain.wording import number, price
from tables.columns import Column, Exports, Table


def _sort(of: Callable[[Found], float | Decimal | str | None]) -> Callable[[Found], object]:
    """Return an order that ends with names, so that pages have one order."""

    def key(found: Found) -> object:
        value = of(found)
        return None if value is None else (value, found.machine.name)

    return key


def _number(value: float | None) -> str:
    return "–" if value is None else number(value)


def _dollars(usd: Decimal | None) -> str:
    return "unknown" if usd is None else price(usd.quantize(Decimal("0.0001")))


def _price(name: str, usd: Callable[[Found], Decimal | None]) -> Exports:
    def origin(row: Priced) -> PriceOrigin | None:
        return row.spot if name == "spot" else row.on_demand

    return {
        f"usd_{name}": lambda row: usd(row.found),
        f"{name}_as_of": lambda row: getattr(origin(row), "as_of", None),
        f"{name}_source": lambda row: getattr(origin(row), "source", None),
        f"{name}_quality": lambda row: getattr(origin(row), "quality", None),
    }


_CELLS = "configurations/machine_search/cells.html"
MACHINES = Table(
    name="machines",
    order="on_demand",
    columns=(
        Column(
            key="machine",
            label="Machine",
            value=lambda row: row.found.machine.name,
            cell=f"{_CELLS}#machine",
            sort=lambda found: found.machine.name,
            is_heading=True,
            csv={
                "instance_type": lambda row: row.found.machine.name,
                "arch": lambda row: row.found.machine.arch,
                "zones": lambda row: " ".join(row.found.zones or ()),
            },
        ),
        Column(
            key="vcpus",
            label="vCPUs",
            value=lambda row: number(row.found.machine.vcpus),
            sort=_sort(lambda found: found.machine.vcpus),
            is_number=True,
            is_descending=True,
            csv={"vcpus": lambda row: row.found.machine.vcpus},
        ),
        Column(
            key="memory",
            label="GiB",
            value=lambda row: number(row.found.gib),
            sort=_sort(lambda found: found.machine.memory_bytes),
            is_number=True,
            is_descending=True,
            csv={"memory_gib": lambda row: row.found.gib},
        ),
        Column(
            key="gpus",
            label="GPUs",
            value=lambda row: row.found.machine.gpus,
            cell=f"{_CELLS}#gpus",
            sort=_sort(lambda found: found.machine.gpus),
            is_descending=True,
            css="text-nowrap",
            csv={
                "gpus": lambda row: row.found.machine.gpus,
                "gpu_model": lambda row: row.found.machine.gpu_model,
            },
        ),
        Column(
            key="network",
            label="Gbit/s",
            value=lambda row: _number(row.found.machine.network_gbps),
            sort=_sort(lambda found: found.machine.network_gbps),
            is_number=True,
            is_descending=True,
            csv={"network_gbps": lambda row: row.found.machine.network_gbps},
        ),
        Column(
            key="on_demand",
            label="On-demand $/h",
            value=lambda row: _dollars(row.found.on_demand),
            sort=_sort(lambda found: found.on_demand),
            is_number=True,
            csv=_price("on_demand", lambda found: found.on_demand),
        ),
        Column(
            key="spot",
            label="Spot $/h",
            value=lambda row: row.found.spot,
            cell=f"{_CELLS}#spot",
            sort=_sort(lambda found: found.spot),
            is_number=True,
            csv=_price("spot", lambda found: found.spot),
        ),
        Column(
            key="per_vcpu",
            label="$/vCPU-h",
            value=lambda row: _dollars(row.found.per_cpu),
            sort=_sort(lambda found: found.per_cpu),
            is_number=True,
            csv={},
        ),
        Column(
            key="per_gpu",
            label="$/GPU-h",
            value=lambda row: row.found.per_gpu,
            cell=f"{_CELLS}#per_gpu",
            sort=_sort(lambda found: found.per_gpu),
            is_number=True,
            csv={},
        ),
        Column(
            key="source",
            label="Price source",
            value=lambda _: "",
            cell=f"{_CELLS}#source",
            css="text-nowrap",
            csv={},
        ),
    ),
)


def machines_table(*, has_network: bool, is_spot: bool) -> Table:
    """Return the table for a search: its networks where they are known, its price at first."""
    columns = [column for column in MACHINES.columns if has_network or column.key != "network"]
    return replace(MACHINES, columns=columns, order="spot" if is_spot else "on_demand")
