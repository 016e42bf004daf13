"""Schedules, rules and budgets as rows of the form: how they are posted, bound, and read again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from configurations.editor.forms.base import EditorForm, as_posted, changed
from configurations.editor.forms.cluster import BudgetForm, RuleForm, ScheduleForm
from configurations.editor.values import Written, entry_values_of, entry_with_values
from domain.configuration.spec import Budget, Rule, Scaling, Schedule
from domain.strategies.expression import VARIABLES
from domain.strategies.functions import FUNCTIONS
from domain.strategies.schedule import has_window, next_openings, window_of

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
    model: type[Schedule | Rule | Budget]
    first: Mapping[str, Any]


KINDS: Mapping[str, EntryKind] = {
    "schedules": EntryKind(
        "s",
        "Schedule",
        "Schedules",
        "Keeps a group at or above a minimum number of nodes during a time window.",
        ScheduleForm,
        Schedule,
        {"min_nodes": 1, "cron": "0 8 * * mon-fri", "minutes": 600},
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
    ),
    "budgets": EntryKind(
        "b",
        "Budget",
        "Disruption budgets",
        "Limits how many nodes can be drained at the same time; the strictest budget applies.",
        BudgetForm,
        Budget,
        {"nodes": "10%"},
    ),
}


@dataclass
class Entry:
    """A row of a list. `at` is its place in the text that the form was made from."""

    key: str
    at: int | None
    title: str
    form: EditorForm
    one: Written

    @property
    def name(self) -> str:
        """What the row is called: by its name, else by its group or its place in the list."""
        group = self.form["group"].value() if "group" in self.form.fields else ""
        return str(self.form["name"].value() or group or self.title)

    @property
    def has_cron(self) -> bool:
        """Whether the fields of a cron line are shown."""
        return self._is_timed and (self.form["when"].value() == "cron" or bool(self._shown("cron")))

    @property
    def has_week(self) -> bool:
        """Whether the fields of weekdays are shown."""
        return self._is_timed and self.form["when"].value() == "week"

    @property
    def _is_timed(self) -> bool:
        return "when" in self.form.fields

    def _shown(self, name: str) -> str:
        return str(self.form.initial.get(name) or "")

    @property
    def openings(self) -> list[str]:
        """The next five openings of the window in its time zone; none while it makes no sense."""
        if isinstance(self.one, Rule) or not has_window(self.one):
            return []
        try:
            found = next_openings(window_of(self.one), after=timezone.now())
        except ValueError:
            return []
        return [
            f"{start:%a} {start.day} {start:%b %H:%M}\N{EN DASH}"
            f"{end:%H:%M}{'' if end.date() == start.date() else f' on {end:%a}'}"
            for start, end in found
        ]


@dataclass(frozen=True)
class EntryList:
    """One of the lists as the page shows it; `rows` is None where it is too long for that."""

    name: str
    kind: EntryKind
    rows: list[Entry] | None

    @property
    def keys(self) -> str:
        """The rows' keys as they are posted."""
        return ",".join(row.key for row in self.rows or ())

    @property
    def said(self) -> str:
        """What is in the list, on one line."""
        if self.rows is None:
            return f"more than {MOST_ENTRIES}: change them in the YAML"
        return ", ".join(row.name for row in self.rows) or "none"


def shown_lists(lists: Lists) -> list[EntryList]:
    """All lists in the order of the page."""
    return [EntryList(name, kind, lists.get(name)) for name, kind in KINDS.items()]


type Lists = Mapping[str, list[Entry]]
"""The rows of each list that is shown."""


def entry_keys_of(posted: Mapping[str, Any], name: str) -> list[str] | None:
    """The rows' keys in their order, such as s0 and s2; None if the list was not shown."""
    if name not in posted:
        return None
    letter = KINDS[name].letter
    words = str(posted[name]).split(",")
    keys = [key for key in words if re.fullmatch(rf"{letter}\d{{1,6}}", key, re.ASCII)]
    return list(dict.fromkeys(keys))[:MOST_ENTRIES]


def posted_entries(scaling: Scaling) -> dict[str, str]:
    """The rows of all lists as a browser would post them."""
    posted: dict[str, str] = {}
    for name, kind in KINDS.items():
        entries = getattr(scaling, name)
        if len(entries) > MOST_ENTRIES:
            continue
        posted[name] = ",".join(f"{kind.letter}{index}" for index in range(len(entries)))
        for index, one in enumerate(entries):
            key = f"{kind.letter}{index}"
            posted |= as_posted(entry_values_of(one), prefix=key) | {f"{key}-at": str(index)}
    return posted


def bound_entries(data: QueryDict, was: Scaling, *, in_order: bool) -> dict[str, list[Entry]]:
    """The posted rows, each beside what it was; in order, each stands where its row does."""
    lists = {}
    for name, kind in KINDS.items():
        keys, entries = entry_keys_of(data, name), getattr(was, name)
        if keys is None:
            continue
        lists[name] = [
            _bound(data, key, kind, entries, index if in_order else None, number=index + 1)
            for index, key in enumerate(keys)
        ]
    return lists


def _bound(
    data: QueryDict,
    key: str,
    kind: EntryKind,
    entries: Sequence[Any],
    at: int | None,
    *,
    number: int,
) -> Entry:
    place = at if at is not None else _place(data.get(f"{key}-at"), entries)
    one = entries[place] if place is not None else kind.model()
    form = kind.form(data, prefix=key, initial=entry_values_of(one))
    return Entry(key, place, f"{kind.title} {number}", form, one)


def _place(text: str | None, entries: Sequence[Any]) -> int | None:
    if not text or not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        return None
    return int(text) if int(text) < len(entries) else None


def scaling_with(scaling: Scaling, lists: Lists, names: Mapping[str, str | None]) -> Scaling:
    """The scaling with what was changed in the rows; `names` are groups' new names by the old."""
    wanted: dict[str, Any] = dict(scaling)
    for name in KINDS:
        entries = list(getattr(scaling, name))
        if name in lists:
            entries = [entry_with_values(row.one, changed(row.form)) for row in lists[name]]
        wanted[name] = tuple(_following(one, names) for one in entries)
    return Scaling.model_validate(wanted)


def _following(one: Any, names: Mapping[str, str | None]) -> Any:
    """The entry with the name that its group has now."""
    new = names.get(getattr(one, "group", ""))
    return one.model_copy(update={"group": new}) if new else one


def with_names(posted: QueryDict, lists: Lists, now: Scaling) -> QueryDict:
    """The post with the names that the rows' groups have now, where nobody chose another."""
    data = posted.copy()
    for row, one in _rows_beside(lists, now):
        name = f"{row.key}-group"
        if name in data and "group" not in row.form.changed_data:
            data[name] = getattr(one, "group", "")
    return data


def _rows_beside(lists: Lists, now: Scaling) -> Iterator[tuple[Entry, Written]]:
    for name, rows in lists.items():
        yield from zip(rows, getattr(now, name), strict=True)


def shows_others(lists: Lists) -> bool:
    """Whether other fields are to be shown now, since another kind of window was chosen."""
    return any("when" in row.form.changed_data for rows in lists.values() for row in rows)
