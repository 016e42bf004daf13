"""The placement groups that wait, with their bundles as needs, found once for all ways to plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from domain.demand import Gang, Strategy
from domain.planner.candidates import Candidate
from domain.planner.needs import alike, form, gang_needs
from domain.planner.packing import Need


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
