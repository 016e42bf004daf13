"""Between schedules, rules and budgets and the fields of the form that show them."""

from __future__ import annotations

from typing import Any

from configurations.editor.forms.scaling import ALWAYS, CRON, REASONS, WEEK
from domain.configuration.spec import Budget, Disruption, Rule, Schedule, WindowSettings
from domain.strategies.schedule import DAYS

type Values = dict[str, Any]
type Written = Schedule | Rule | Budget

_NO_WINDOW: Values = {"cron": "", "minutes": None, "days": (), "start": "", "end": ""}
_WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
_FIRST: dict[str, Values] = {
    ALWAYS: _NO_WINDOW,
    CRON: {**_NO_WINDOW, "cron": "0 8 * * mon-fri", "minutes": 600},
    WEEK: {**_NO_WINDOW, "days": _WORKDAYS, "start": "08:00", "end": "18:00"},
}
"""What a window is once its kind has been chosen."""


def entry_values_of(one: Written) -> Values:
    """What the fields of one entry show."""
    if isinstance(one, Rule):
        return {"group": one.group, "expression": one.expression, "name": one.name}
    values: Values = {
        "when": kind_of_window(one),
        **{name: getattr(one, name) for name in ("cron", "start", "end", "time_zone", "name")},
        "minutes": one.minutes,
        **{day: day in one.days for day in DAYS},
    }
    if isinstance(one, Budget):
        named = {reason: reason in one.reasons for reason in REASONS}
        return {**values, "nodes": str(one.nodes), **named}
    return {**values, "group": one.group, "min_nodes": one.min_nodes}


def kind_of_window(window: WindowSettings) -> str:
    """Whether the window is one of cron or of weekdays, or of neither, which is at all times."""
    if window.days or window.start or window.end:
        return WEEK
    is_timed = window.cron or window.minutes or isinstance(window, Schedule)
    return CRON if is_timed else ALWAYS


def entry_with_values(one: Written, new: Values) -> Written:
    """The entry with what was changed in its fields; another kind of window begins anew."""
    values = dict(one)
    if "when" in new:
        values |= _FIRST[new["when"]]
    values |= {name: new[name] for name in type(one).model_fields if name in new}
    if not isinstance(one, Rule) and new.keys() & set(DAYS):
        days = values["days"]
        values["days"] = tuple(day for day in DAYS if new.get(day, day in days))
    if isinstance(one, Budget) and new.keys() & REASONS.keys():
        named = {reason for reason in REASONS if new.get(reason, reason in one.reasons)}
        values["reasons"] = tuple(reason for reason in Disruption if reason in named)
    return type(one).model_validate(values)
