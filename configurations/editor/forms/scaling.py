"""The fields of schedules, rules and budgets of disruption in the template editor."""

from __future__ import annotations

from typing import Any

from django import forms

from domain.quantities import LARGEST, part_of
from domain.strategies.schedule import DAYS

CRON, WEEK, ALWAYS = "cron", "week", ""
REASONS = {
    "idle": "Idle nodes",
    "consolidation": "Consolidation",
    "spot_return": "Return to spot",
}
_DAY_NAMES = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))


def text(label: str, **more: Any) -> forms.CharField:
    """Return a field for text that may be empty and is not trimmed: the YAML may say the same."""
    return forms.CharField(required=False, strip=False, label=label, **more)


class NodesOrPercentField(forms.CharField):
    """A number of nodes, or a percentage such as 10%; nothing is 0."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.widget.attrs.setdefault("placeholder", "2 or 10%")

    def to_python(self, value: Any) -> Any:
        written = str(value or "0").strip()
        if written.isdecimal() and len(written) <= 15:
            return int(written)
        if part_of(written, 100) is None:
            raise forms.ValidationError("Write a number of nodes, or a percentage such as 10%.")
        return written

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True


class LinesField(forms.CharField):
    """Text of several lines, ended as YAML ends them."""

    def __init__(self, *, example: str, **options: Any) -> None:
        attrs = {"rows": 2, "spellcheck": "false", "class": "mono", "placeholder": example}
        widget = forms.Textarea(attrs=attrs)
        super().__init__(required=False, strip=False, widget=widget, **options)

    def to_python(self, value: Any) -> Any:
        return str(value or "").replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class WindowForm(forms.Form):
    """When something holds; only one of the two kinds of fields is shown at a time."""

    when = forms.ChoiceField(required=False, label="When")
    cron = text("Cron", help_text="Minute, hour, day, month, weekday.")
    minutes = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST, label="For (minutes)"
    )
    start = text("From")
    end = text("Until")
    time_zone = text("Time zone")
    name = text("Name")

    times: tuple[tuple[str, str], ...] = ((CRON, "Cron line"), (WEEK, "Weekly"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["when"] = forms.ChoiceField(required=False, label="When", choices=self.times)
        for day, label in _DAY_NAMES.items():
            self.fields[day] = forms.BooleanField(required=False, label=label)
        placeholders = {"cron": "0 8 * * mon-fri", "start": "08:00", "end": "18:00"}
        for name, example in {**placeholders, "time_zone": "UTC"}.items():
            self.fields[name].widget.attrs["placeholder"] = example
        self.fields["time_zone"].widget.attrs |= {"list": "time-zones", "autocomplete": "off"}

    @property
    def days(self) -> list[forms.BoundField]:
        """The boxes of the weekdays."""
        return [self[day] for day in DAYS]


class ScheduleForm(WindowForm):
    """A group's least number of nodes for a time."""

    group = text("Group", widget=forms.Select)
    min_nodes = forms.IntegerField(min_value=0, max_value=LARGEST, label="At least (nodes)")


class BudgetForm(WindowForm):
    """How many nodes may go at the same time."""

    nodes = NodesOrPercentField(label="At most (nodes)")

    times = ((ALWAYS, "Always"), *WindowForm.times)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for reason, label in REASONS.items():
            self.fields[reason] = forms.BooleanField(required=False, label=label)

    @property
    def reasons(self) -> list[forms.BoundField]:
        """The boxes of the reasons."""
        return [self[reason] for reason in REASONS]


class RuleForm(forms.Form):
    """A group's number of nodes by an expression."""

    group = text("Group", widget=forms.Select)
    expression = LinesField(label="Nodes, as an expression", example="queue > 100 ? 8 : 0")
    name = text("Name")
