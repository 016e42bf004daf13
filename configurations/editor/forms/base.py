"""What the forms of the editor have in common: fields from a table, their sections, and notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, cast

from django import forms

from configurations.editor.tables.inputs import Choices, as_text
from configurations.editor.tables.table import Table
from domain.problems import Problem

MOST_CHOICES = 60
"""A longer list of machine types is searched, not scrolled."""

type FieldWithNotes = tuple[forms.BoundField, list[Problem] | None]


class EditorForm(forms.Form):
    """A part of the editor. `notes` are what is worth knowing about a field that is no error."""

    section: str = ""
    """The section of the page, where the fields' own sections are parts of a row there."""
    sections: ClassVar[Mapping[str, str]] = {}
    whole = "row"
    """Under what `notes` has those that belong to no field."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.notes: dict[str, list[Problem]] = {}

    def section_of(self, name: str) -> str:
        """Return the section of the page in which the field `name` stands."""
        return self.section or self.sections.get(name, "")

    @cached_property
    def by_section(self) -> dict[str, list[FieldWithNotes]]:
        """The fields of each section, as the page shows them."""
        found: dict[str, list[FieldWithNotes]] = {}
        for name, section in self.sections.items():
            if name in self.fields:
                found.setdefault(section, []).append((self[name], self.notes.get(name)))
        return found


def shows[F: type[EditorForm]](*tables: Table, only: str = "") -> Callable[[F], F]:
    """Give a form the fields of these tables, or those of one section."""
    rows = [row for table in tables for row in table.rows if not only or row.section == only]

    def filled(form: F) -> F:
        form.base_fields = {row.name: row.field for row in rows}
        form.sections = {row.name: row.section for row in rows}
        return form

    return filled


def offer(form: forms.Form, name: str, choices: Choices) -> None:
    """Let the field `name` choose among `choices`, and keep what it has now, whatever it is.

    Too many of them to scroll through, and the field takes a name instead.
    """
    now = form[name].value() or ""
    if len(choices) > MOST_CHOICES:
        form.fields[name].widget = forms.TextInput(attrs={"autocomplete": "off", "data-pick": ""})
        return
    known = [value for value, _ in choices]
    if now and now not in known:
        choices = [*choices, (now, f"{now} (not available)")]
    widget = cast("forms.Select", form.fields[name].widget)
    widget.choices = choices


def changed(form: forms.Form) -> dict[str, Any]:
    """The values that were posted, are readable, and differ from what the form began with.

    A field that was not posted at all was not shown, and so has not changed; but for switches,
    which are posted only while they are on.
    """
    form.full_clean()
    return {
        name: form.cleaned_data[name]
        for name in form.changed_data
        if name in form.cleaned_data and _was_shown(form, name)
    }


def _was_shown(form: forms.Form, name: str) -> bool:
    is_switch = isinstance(form.fields[name], forms.BooleanField)
    return is_switch or form.add_prefix(name) in form.data


def as_posted(initial: Mapping[str, Any], *, prefix: str = "") -> dict[str, str]:
    """Fields with these values as a browser would post them."""
    posted: dict[str, str] = {}
    for name, value in initial.items():
        text = "on" if value is True else as_text(value)
        if value is not False:
            posted[f"{prefix}-{name}" if prefix else name] = text
    return posted
