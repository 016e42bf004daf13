"""A row of a list in the form; of one that was posted before, the form is not made again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils import timezone

from configurations.editor.forms.base import EditorForm, changed
from configurations.editor.tables.shapes import Environment
from configurations.editor.values import Written, entry_values_of
from domain.configuration.spec import Budget, Schedule
from domain.strategies.schedule import has_window, next_openings, window_of
from domain.yaml.memory import Memory

MOST_READINGS = 2_000


@dataclass(frozen=True, slots=True)
class EntryReading:
    """What the fields of a row say: what was changed in them, and in which, readable or not."""

    changes: Mapping[str, Any]
    touched: frozenset[str]
    is_readable: bool


@dataclass
class Entry:
    """A row of a list. `at` is its place in the text that the form was made from.

    Its form is made when it is first looked at; `dress` is what the form gets then.
    """

    key: str
    at: int | None
    title: str
    made_of: type[EditorForm]
    posted: Mapping[str, str]  # its own fields
    one: Written
    parent: str = ""  # the row that it belongs to
    can_move: bool = False
    children: list[Entry] = field(default_factory=list)
    dress: Callable[[EditorForm], None] | None = field(default=None, repr=False)
    groups: tuple[str, ...] = ()  # what it may choose among

    @cached_property
    def facts(self) -> Hashable:
        """All that the form is made of: rows with the same facts read the same."""
        return self.key, self.made_of, frozenset(self.posted.items()), repr(self.one)

    @cached_property
    def form(self) -> EditorForm:
        """The fields of the row."""
        form = self.made_of(self.posted, prefix=self.key, initial=entry_values_of(self.one))
        if self.dress is not None:
            self.dress(form)
        return form

    def dressed(self, dress: Callable[[EditorForm], None], *, groups: tuple[str, ...]) -> None:
        """Do this to the form: at once if it is there, else when it is made."""
        self.dress, self.groups = dress, groups
        if "form" in self.__dict__:
            dress(self.form)

    @property
    def reading(self) -> EntryReading:
        """What was changed in it; from memory where the same was posted before."""
        return _READINGS.get(self.facts, self._read)

    def _read(self) -> EntryReading:
        changes = changed(self.form)
        return EntryReading(changes, frozenset(self.form.changed_data), not self.form.errors)

    @property
    def has_problems(self) -> bool:
        """Whether something is said beside one of its fields."""
        if "form" not in self.__dict__:
            return not self.reading.is_readable
        return bool(self.form.errors or self.form.notes)

    @property
    def look(self) -> Hashable | None:
        """All that the page shows of it; None where that is more than the row itself.

        That is so of what a cloud offers, of the next windows of time, and of problems.
        """
        names = self.made_of.base_fields
        if "size" in names or self.is_timed or self.has_children or self.has_problems:
            return None
        groups = self.groups if "group" in names else ()
        return self.facts, self.at, self.title, self.parent, self.can_move, groups

    @property
    def name(self) -> str:
        """What the row is called: by its name, else by its group or its place in the list."""
        return self._typed("name") or self._typed("group") or self.title

    def _typed(self, name: str) -> str:
        has_field = name in self.made_of.base_fields
        return self.posted.get(f"{self.key}-{name}", "") if has_field else ""

    @property
    def has_children(self) -> bool:
        """Whether rows of another list may belong to this one."""
        return isinstance(self.one, Environment)

    @property
    def has_cron(self) -> bool:
        """Whether the fields of a cron line are shown."""
        return self.is_timed and (self.form["when"].value() == "cron" or bool(self._shown("cron")))

    @property
    def has_week(self) -> bool:
        """Whether the fields of weekdays are shown."""
        return self.is_timed and self.form["when"].value() == "week"

    @property
    def is_timed(self) -> bool:
        """Whether it is a window of time."""
        return "when" in self.made_of.base_fields

    def _shown(self, name: str) -> str:
        return str(self.form.initial.get(name) or "")

    @property
    def openings(self) -> list[str]:
        """The next five openings of the window in its time zone; none while it makes no sense."""
        if not isinstance(self.one, Schedule | Budget) or not has_window(self.one):
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


_READINGS: Memory[EntryReading] = Memory(MOST_READINGS)
