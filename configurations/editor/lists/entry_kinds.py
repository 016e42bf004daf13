"""The lists that the form shows as rows: what each is made of, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from configurations.editor.fields import ENVIRONMENTS, SCALING, STORAGE
from configurations.editor.forms.base import EditorForm
from configurations.editor.forms.cluster import BudgetForm, RuleForm, ScheduleForm
from configurations.editor.lists.environments import (
    environment_at,
    override_at,
    read_environments,
    read_overrides,
)
from configurations.editor.lists.forms import EnvironmentForm, MountForm, OverrideForm, RankForm
from configurations.editor.tables.ranks import rank_at, read_ranks
from configurations.editor.tables.shapes import Environment, Override, Rank
from configurations.editor.values import Written
from domain.configuration.spec import Budget, ComputeConfig, Mount, Rule, Schedule
from domain.problems import Loc
from domain.strategies.expression import VARIABLES
from domain.strategies.functions import FUNCTIONS

MOST_ENTRIES = 100
"""A list with more of them is changed as YAML."""


@dataclass(frozen=True, slots=True)
class EntryKind:
    """One of the lists: how its rows are named, what they are made of, what a new one is."""

    letter: str
    title: str
    titles: str
    hint: str
    form: type[EditorForm]
    model: type[Written]
    first: Mapping[str, Any]
    read: Callable[[ComputeConfig], Sequence[Any] | None]
    at: Callable[[ComputeConfig, Loc], tuple[int, Loc] | None]
    section: str = SCALING
    can_move: bool = False


def _of_scaling(name: str) -> tuple[Any, Any]:
    """How a list of `mobula.scaling` is read, and where in it a place of the configuration is."""
    return (
        lambda config: getattr(config.mobula.scaling, name),
        lambda _config, loc: _indexed(loc, ("mobula", "scaling", name)),
    )


def _mount_at(_config: ComputeConfig, loc: Loc) -> tuple[int, Loc] | None:
    return _indexed(loc, ("mobula", "mounts"))


def _indexed(loc: Loc, around: Loc) -> tuple[int, Loc] | None:
    index = loc[len(around)] if len(loc) > len(around) and loc[: len(around)] == around else None
    return (index, loc[len(around) + 1 :]) if isinstance(index, int) else None


KINDS: Mapping[str, EntryKind] = {
    "schedules": EntryKind(
        "s",
        "Schedule",
        "Schedules",
        "Keeps a group at or above a minimum number of nodes during a time window.",
        ScheduleForm,
        Schedule,
        {"min_nodes": 1, "cron": "0 8 * * mon-fri", "minutes": 600},
        *_of_scaling("schedules"),
    ),
    "rules": EntryKind(
        "r",
        "Rule",
        "Rules",
        "A CEL expression sets the group's minimum number of nodes, once the rule is enabled on "
        "the cluster's Scaling page. "
        f"Variables: {', '.join(VARIABLES)}. Functions: {', '.join(FUNCTIONS)}.",
        RuleForm,
        Rule,
        {"expression": "queue > 100 ? 2 : 0"},
        *_of_scaling("rules"),
    ),
    "budgets": EntryKind(
        "b",
        "Budget",
        "Disruption budgets",
        "Limits how many nodes can be drained at the same time; the strictest budget applies.",
        BudgetForm,
        Budget,
        {"nodes": "10%"},
        *_of_scaling("budgets"),
    ),
    "ranks": EntryKind(
        "k",
        "Preferred group",
        "Preference order",
        "Groups are used from top to bottom instead of by price; what is not listed comes last.",
        RankForm,
        Rank,
        {},
        read_ranks,
        rank_at,
        can_move=True,
    ),
    "mounts": EntryKind(
        "m",
        "Mount",
        "Mounts",
        "Storage that every node sees under a path. Not supported yet: a launch with mounts is "
        "rejected.",
        MountForm,
        Mount,
        {"path": "/mnt/data"},
        lambda config: config.mobula.mounts,
        _mount_at,
        section=STORAGE,
        can_move=True,
    ),
    "overrides": EntryKind(
        "v",
        "Group override",
        "Group overrides",
        "",
        OverrideForm,
        Override,
        {},
        read_overrides,
        override_at,
        section="",
    ),
    "environments": EntryKind(
        "e",
        "Environment",
        "Environments",
        "What differs in dev, test or prod. The environment is chosen at launch; what is empty "
        "here is as in the template.",
        EnvironmentForm,
        Environment,
        {},
        read_environments,
        environment_at,
        section=ENVIRONMENTS,
    ),
}
