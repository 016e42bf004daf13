"""The placement groups that wait, with their bundles as needs, found once for all ways to plan."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from domain.demand import Gang, Strategy
from domain.planner.amounts import add
from domain.planner.candidates import Candidate
from domain.planner.needs import alike, form, gang_needs
from domain.planner.units.need import Need


@dataclass(frozen=True, slots=True, kw_only=True)
class GangForm:
    """Equal placement groups: what each wants, and how many there are."""

    strategy: Strategy
    bundles: tuple[Need, ...]
    count: int

    @property
    def is_apart(self) -> bool:
        return self.strategy is Strategy.STRICT_SPREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingGangs:
    forms: tuple[GangForm, ...]
    each: tuple[GangForm, ...]  # one for each placement group, in the order of planning

    @classmethod
    def of(cls, gangs: Sequence[Gang], machines: Sequence[Candidate]) -> Self:
        forms = {
            form(gang): GangForm(
                strategy=gang.strategy, bundles=tuple(gang_needs(gang, machines)), count=count
            )
            for gang, count in alike(gangs)
        }
        each = tuple(forms[form(gang)] for gang in gangs)
        return cls(forms=tuple(forms.values()), each=each)

    def split(self, first: int) -> tuple[Self, Self]:
        """Return so many of the first placement groups, and the others."""
        return self._only(self.each[:first]), self._only(self.each[first:])

    def share_of(self, left: Sequence[tuple[Need, int]], *, part: float) -> int:
        """Return how many placement groups are a part of what there is room for.

        That is all of their resources but what is `left`.
        """
        wanted, missing = dict[str, int](), dict[str, int]()
        for gang in self.forms:
            for need in gang.bundles:
                add(wanted, need.amounts, times=need.count * gang.count)
        for need, count in left:
            add(missing, need.amounts, times=count)
        share = 1 - max((missing.get(name, 0) / wanted[name] for name in wanted), default=0.0)
        return int(part * max(share, 0) * len(self.each))

    def _only(self, each: tuple[GangForm, ...]) -> Self:
        counts = Counter(map(id, each))
        forms = tuple(
            replace(form, count=counts[id(form)]) for form in self.forms if counts[id(form)]
        )
        return replace(self, forms=forms, each=each)
