"""The forms of the editor: the cluster, its head, its groups, and what its scaling consists of.

Forms parse and report; `editor.edit` puts them to use. Their fields are rows of `editor.fields`.
"""

from __future__ import annotations

from typing import Any

from configurations.editor.fields import (
    BUDGET,
    CLUSTER,
    FOLDS,
    GROUP,
    GROUP_SETTINGS,
    GROUPS,
    HEAD,
    HEAD_NODE,
    ROW,
    RULE,
    SCALING,
    SCHEDULE,
)
from configurations.editor.forms.base import EditorForm, shows


@shows(CLUSTER)
class ConfigForm(EditorForm):
    """The cluster as a whole."""

    def section_of(self, name: str) -> str:
        own = super().section_of(name)
        return FOLDS.get(own, own)


@shows(HEAD)
class HeadForm(EditorForm):
    """The head."""

    section = HEAD_NODE


@shows(GROUP, only=ROW)
class ShortGroupForm(EditorForm):
    """What most change of a group of workers; of very many groups, no more is shown at first.

    `nodes` takes the place of `min` and `max` without autoscaling.
    """

    section = GROUPS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The page shows either min and max or nodes: what was not shown has not changed.
        for name in ("min_nodes", "max_nodes", "nodes"):
            if self.add_prefix(name) not in self.data:
                del self.fields[name]


@shows(GROUP_SETTINGS, GROUP)
class GroupForm(ShortGroupForm):
    """One group of workers."""


@shows(SCHEDULE)
class ScheduleForm(EditorForm):
    """A group's least number of nodes for a time."""

    section = SCALING


@shows(BUDGET)
class BudgetForm(EditorForm):
    """How many nodes may go at the same time."""

    section = SCALING


@shows(RULE)
class RuleForm(EditorForm):
    """A group's number of nodes by an expression."""

    section = SCALING
