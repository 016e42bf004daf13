"""Fields for the typed settings of an instance configuration, built where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from configurations.editor.forms.base import EditorForm
from domain.instance_settings import Reading, Setting
from domain.instance_settings.kinds import Kind


class SettingField(forms.CharField):
    """One typed setting; its value is what stands in the block, None when the field is empty."""

    def __init__(self, one: Setting, *, now: str) -> None:
        super().__init__(
            required=False, label=one.label, help_text=one.help, widget=_widget(one.kind, now)
        )
        self.kind = one.kind

    def to_python(self, value: Any) -> Any:
        text = str(value or "").replace("\r\n", "\n").strip()
        if not text.strip(", \n"):
            return None
        try:
            return self.kind.read(text)
        except ValueError as unreadable:
            raise forms.ValidationError(str(unreadable)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True


def _widget(kind: Kind, now: str) -> forms.Widget:
    if kind.choices:
        known = [value for value, _ in kind.choices]
        unknown = [(now, f"{now} (unknown)")] if now and now not in known else []
        return forms.Select(choices=[("", "Not set"), *kind.choices, *unknown])
    attrs = {"spellcheck": "false", "autocomplete": "off"}
    if kind.example:
        attrs["placeholder"] = kind.example
    if kind.rows > 1:
        return forms.Textarea(attrs={**attrs, "rows": str(kind.rows), "class": "mono"})
    return forms.TextInput(attrs=attrs)


class SettingsForm(EditorForm):
    """The typed settings of one block; its problems count in `section` of the editor."""

    def __init__(
        self, data: Mapping[str, Any], *, reading: Reading, prefix: str, section: str
    ) -> None:
        texts = reading.texts
        super().__init__(data, prefix=prefix, initial=texts)
        self.section = section
        for one in reading.settings:
            now = data.get(self.add_prefix(one.name)) or texts[one.name]
            self.fields[one.name] = SettingField(one, now=now)
