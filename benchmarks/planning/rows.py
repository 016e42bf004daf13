"""One line of the table: an instance, and what each planner makes of it."""

from dataclasses import dataclass
from typing import Any

from benchmarks.planning.answer import cost
from benchmarks.planning.bounds.best import Bound
from benchmarks.planning.instance import Instance
from benchmarks.planning.ours import answer_of, answered, request_of
from benchmarks.planning.ray_figures import Figure
from benchmarks.planning.verification.verify import hosts_all, limit_problems, problems

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RayColumns:
    """What one of Ray's schedulers answered: a cost, or how long it was waited for."""

    usd: float | None = None
    milliseconds: float | str | None = None
    unplaced: int | None = None
    verified: bool | None = None


def row(instance: Instance, *, bound: Bound, ray: dict[str, Figure | None], ray_from: str) -> Row:
    """Return the line of an instance; our plan is made and checked here."""
    plan, milliseconds = answered(request_of(instance))
    answer = answer_of(plan)
    v1, v2 = (ray_columns(instance, ray.get(version)) for version in ("v1", "v2"))
    return {
        "trace": instance.trace,
        "demands": instance.size,
        "types": len(instance.types),
        "seed": instance.seed,
        "ours_cost": round(float(cost(instance, answer.launches)), 6),
        "ray_v1_cost": v1.usd,
        "ray_v2_cost": v2.usd,
        "bound": round(bound.usd, 6) if instance.all_fit else None,
        "ours_ms": round(milliseconds, 1),
        "ray_v1_ms": v1.milliseconds,
        "ray_v2_ms": v2.milliseconds,
        "unplaced": answer.left_over,
        "least_unplaced": bound.least_unplaced,
        "ray_v1_unplaced": v1.unplaced,
        "ray_v2_unplaced": v2.unplaced,
        "ray_v1_verified": v1.verified,
        "ray_v2_verified": v2.verified,
        "ray_from": ray_from,
        "shapes": instance.shapes,
        "nodes": sum(answer.launches.values()),
        "problems": problems(instance, answer),
    }


def ray_columns(instance: Instance, figure: Figure | None) -> RayColumns:
    """Return the columns of one of Ray's schedulers."""
    if figure is None:
        return RayColumns()
    if figure["status"] == "too slow":
        return RayColumns(milliseconds=f">{1000 * figure['seconds']:.0f}")
    if figure["status"] != "ok":
        return RayColumns(milliseconds=figure["status"])
    launches, unplaced = figure["launches"], figure["unplaced"]
    within = not list(limit_problems(instance, launches))
    return RayColumns(
        usd=round(float(cost(instance, launches)), 6),
        milliseconds=round(1000 * figure["seconds"], 1),
        unplaced=unplaced,
        verified=hosts_all(instance, launches, unplaced=unplaced) if within else False,
    )


HEADING = (
    f"{'trace':<12}{'demands':>8}{'types':>6}{'seed':>5}{'shapes':>7}{'bound':>11}{'ours':>8}"
    f"{'Ray v1':>8}{'Ray v2':>8}{'ours ms':>9}{'v1 ms':>9}{'v2 ms':>9}{'nodes':>7}{'left':>6}"
    "  checked"
)


def line(row: Row) -> str:
    """Return a row as text: the bound in $/h, costs as multiples of it."""
    bound = row["bound"]
    base = bound or row["ours_cost"]
    ours, v1, v2 = (
        f"{row[key] / base:.4f}" if row[key] is not None and base else "-"
        for key in ("ours_cost", "ray_v1_cost", "ray_v2_cost")
    )
    return (
        f"{row['trace']:<12}{row['demands']:>8}{row['types']:>6}{row['seed']:>5}{row['shapes']:>7}"
        f"{'-' if bound is None else f'{bound:.3f}':>11}{ours:>8}{v1:>8}{v2:>8}"
        f"{row['ours_ms']:>9}{_short(row['ray_v1_ms']):>9}{_short(row['ray_v2_ms']):>9}"
        f"{row['nodes']:>7}{row['unplaced']:>6}  {'; '.join(row['problems'][:2]) or 'yes'}"
    )


def _short(milliseconds: float | str | None) -> str:
    if milliseconds is None:
        return "-"
    return str(milliseconds)[:8]
