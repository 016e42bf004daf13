"""The settings of a cloud's account as people post them; its provider declares the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict

from domain.accounts.declared import Section, Setting, SettingKind, WaysSetting, ways_of
from domain.accounts.declared import settings_of as every_setting
from domain.accounts.entered import NO, OTHERS, YES, Entered, Pairs, collected, shown

MOST_ROWS = 100
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class RowsWidget(forms.Widget):
    """Pairs of texts, drawn by clouds/setting_rows.html."""

    def value_from_datadict(self, data: Mapping[str, Any], _files: Any, name: str) -> Any:
        return rows_of(data, name)


class RowsField(forms.Field):
    """Pairs of texts, in two inputs each: `<name>-key` and `<name>-value`."""

    widget = RowsWidget


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as it is drawn; its inputs are labeled with its number, from 1."""

    number: int
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnWay:
    """A way to make a setting, with its fields."""

    name: str
    label: str
    is_chosen: bool
    fields: Sequence[BoundField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A field of the page, with its rows or its ways where it has them."""

    field: BoundField
    setting: Setting | None = None  # of rows
    rows: Sequence[Row] = ()
    ways: Sequence[DrawnWay] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSection:
    """Fields that stand together; a folded section is open where anything of it is set."""

    title: str
    help: str
    is_folded: bool
    is_open: bool
    items: Sequence[Item]


class SettingsForm(forms.Form):
    """What a driver must know of an account; `settings` has it once the form is valid.

    What is stored and has no field is shown as JSON, in a field that is there only then.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        sections: Sequence[Section],
        values: Mapping[str, Any] | None = None,
        entered: Entered | None = None,
    ) -> None:
        was = entered or shown(sections, values or {})
        super().__init__(data, initial={**was.texts, **was.rows, **was.ways, OTHERS: was.others})
        self.settings: dict[str, Any] = {}
        self._sections = sections
        for setting in every_setting(sections):
            self.fields[setting.key] = _field(setting)
        for one in ways_of(sections):
            choices = [(way.name, way.label) for way in one.ways]
            self.fields[one.key] = forms.ChoiceField(
                required=False, label=one.label, choices=choices, widget=forms.RadioSelect
            )
        if was.others or (data is not None and OTHERS in data):
            self.fields[OTHERS] = _others()

    @classmethod
    def again(cls, data: QueryDict, *, sections: Sequence[Section]) -> SettingsForm:
        """Return the form with all that was posted, unchecked, after the row of a button.

        The buttons post `do`: "add:<key>", or "remove:<key>:<row>" with rows counted from 1.
        """
        verb, _, rest = data.get("do", "").partition(":")
        key, _, number = rest.rpartition(":") if verb == "remove" else (rest, "", "")
        entered = _posted(sections, data)
        rows = {name: list(pairs) for name, pairs in entered.rows.items()}
        if key in rows and verb == "add" and len(rows[key]) < MOST_ROWS:
            rows[key].append(("", ""))
        elif key in rows and number.isascii() and number.isdigit():
            del rows[key][int(number) - 1 : int(number)]
        changed = Entered(
            texts=entered.texts, rows=rows, ways=entered.ways, others=entered.others
        )  # fmt: skip
        return cls(sections=sections, entered=changed)

    def clean(self) -> dict[str, Any]:
        """Collect the settings; what is wrong with one is said at its field."""
        cleaned = self.cleaned_data
        data = self.data if isinstance(self.data, QueryDict) else QueryDict()
        found = collected(self._sections, _posted(self._sections, data))
        for key, why in found.errors:
            self.add_error(key if key in self.fields else None, why)
        self.settings = found.values
        return cleaned

    @property
    def drawn(self) -> Iterator[DrawnSection]:
        """The form as the page shows it."""
        for section in self._sections:
            items = [self.item(one) for one in section.items]
            yield DrawnSection(
                title=section.title,
                help=section.help,
                is_folded=section.is_advanced,
                is_open=any(item.field.value() or item.field.errors for item in items),
                items=items,
            )

    @property
    def others(self) -> BoundField | None:
        """The field of what no other field shows."""
        return self[OTHERS] if OTHERS in self.fields else None

    def item(self, one: Setting | WaysSetting) -> Item:
        """Return one setting as it is drawn."""
        field = self[one.key]
        if isinstance(one, WaysSetting):
            return Item(field=field, ways=list(self._ways(one, str(field.value() or ""))))
        if one.kind is not SettingKind.ROWS:
            return Item(field=field)
        pairs = field.value() or [("", "")]
        rows = [Row(number=i, key=k, value=v) for i, (k, v) in enumerate(pairs, start=1)]
        return Item(field=field, setting=one, rows=rows)

    def _ways(self, one: WaysSetting, chosen: str) -> Iterator[DrawnWay]:
        chosen = chosen or one.ways[0].name
        for way in one.ways:
            yield DrawnWay(
                name=way.name,
                label=way.label,
                is_chosen=way.name == chosen,
                fields=[self[setting.key] for setting in way.settings],
            )


def rows_of(data: Mapping[str, Any], name: str) -> Pairs:
    """Return the rows that were posted of a field, in their order."""
    if not isinstance(data, QueryDict):
        return []
    keys, values = data.getlist(f"{name}-key"), data.getlist(f"{name}-value")
    return list(zip_longest(keys, values, fillvalue=""))[:MOST_ROWS]


def _posted(sections: Sequence[Section], data: QueryDict) -> Entered:
    texts, rows = {}, {}
    for setting in every_setting(sections):
        if setting.kind is SettingKind.ROWS:
            rows[setting.key] = rows_of(data, setting.key)
        else:
            texts[setting.key] = data.get(setting.key, "")
    ways = {one.key: data.get(one.key) or one.ways[0].name for one in ways_of(sections)}
    return Entered(texts=texts, rows=rows, ways=ways, others=data.get(OTHERS, ""))


def _field(setting: Setting) -> forms.Field:
    match setting.kind:
        case SettingKind.ROWS:
            return RowsField(required=False, label=setting.label, help_text=setting.help)
        case SettingKind.SWITCH:
            return _choice(setting, [(YES, "Yes"), (NO, "No")])
        case SettingKind.CHOICE:
            return _choice(setting, [(name, name) for name in setting.choices])
        case SettingKind.LINES:
            return _text(setting, forms.Textarea(attrs={"rows": 2, **_PLAIN}))
        case SettingKind.NUMBER:  # as text: what is no number is shown again
            return _text(setting, forms.TextInput(attrs={"inputmode": "numeric", **_PLAIN}))
    return _text(setting, forms.TextInput(attrs=_PLAIN))


def _choice(setting: Setting, choices: Sequence[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        required=False,
        label=setting.label,
        help_text=setting.help,
        choices=[("", setting.unset), *choices],
    )


def _text(setting: Setting, widget: forms.Widget) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=10_000,
        label=setting.label,
        help_text=setting.help,
        widget=widget,
    )


def _others() -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=50_000,
        label="Other settings",
        help_text="Stored settings that have no field above, as JSON.",
        widget=forms.Textarea(attrs={"rows": 6, "class": "font-monospace", **_PLAIN}),
    )
