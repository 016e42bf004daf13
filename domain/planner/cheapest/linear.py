"""HiGHS for small linear and integer programs that grow column by column."""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from domain.planner.cheapest.problem import Floats, Ints

INFINITE = highspy.kHighsInf


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    values: Floats  # of each column
    duals: Floats  # of each row
    reduced: Floats  # of each column
    objective: float


class Program:
    """Minimise the cost of columns under rows with a lower and an upper bound.

    One thread and no clock: the same program gives the same answer on every machine.
    """

    def __init__(self, lower: Floats, upper: Floats) -> None:
        # The binding itself: the class above it writes a banner to standard output.
        self._highs = highspy._Highs()  # type: ignore[attr-defined]  # noqa: SLF001
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("threads", 1)
        self.columns = self.rows = 0
        self.add_rows(lower, upper)

    def add_rows(self, lower: Floats, upper: Floats) -> None:
        """Add a row without entries for each pair of bounds; columns to come have those."""
        nothing = np.array([], dtype=np.int32)
        for low, high in zip(lower, upper, strict=True):
            self._highs.addRow(float(low), float(high), 0, nothing, np.array([]))
        self.rows += len(lower)

    def add(
        self,
        costs: Floats,
        entries: Sequence[tuple[Sequence[int] | Ints, Sequence[float] | Floats]],
        *,
        most: Floats | None = None,
    ) -> None:
        """Add a column for each cost, with its rows and values, from 0 to `most`."""
        count = len(costs)
        if not count:
            return
        starts = np.cumsum([0, *(len(rows) for rows, _ in entries)]).astype(np.int32)
        rows = np.concatenate([np.asarray(rows, dtype=np.int32) for rows, _ in entries])
        values = np.concatenate([np.asarray(values, dtype=float) for _, values in entries])
        upper = np.full(count, INFINITE) if most is None else most.astype(float)
        self._highs.addCols(
            count, costs.astype(float), np.zeros(count), upper, len(rows), starts[:-1], rows, values
        )
        self.columns += count

    def solve(self) -> Solved | None:
        """Return the optimum of the linear program, or None when there is none."""
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._highs.getSolution()
        return Solved(
            values=np.array(solution.col_value),
            duals=np.array(solution.row_dual),
            reduced=np.array(solution.col_dual),
            objective=float(self._highs.getInfo().objective_function_value),
        )

    def solve_whole(
        self, *, gap: float, most_nodes: int, columns: int | None = None
    ) -> Floats | None:
        """Return the best whole values of the columns, or of the first ones, to a relative `gap`.

        None when nothing was found within `most_nodes` of the search tree.
        """
        count = self.columns if columns is None else columns
        kind = np.full(count, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        self._highs.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kind)
        self._highs.setOptionValue("mip_rel_gap", gap)
        self._highs.setOptionValue("mip_abs_gap", 1e-9)
        self._highs.setOptionValue("mip_max_nodes", most_nodes)
        # A restart pays after long searches only.
        self._highs.setOptionValue("mip_allow_restart", False)
        self._highs.run()
        if self._highs.getInfo().primal_solution_status != highspy.kSolutionStatusFeasible:
            return None
        return np.array(self._highs.getSolution().col_value)

    def whole_bound(self) -> float:
        """Return what any whole values cost at least, as the last search for them proved."""
        return float(self._highs.getInfo().mip_dual_bound)
