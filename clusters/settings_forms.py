"""Fields for the typed settings of an instance configuration, built where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from domain.settings import Reading, Setting
from domain.settings.kinds import Kind


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


class _Swift:
    """Draws a control without a template of its own: a page may have hundreds of them."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: Mapping[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002
    ) -> SafeString:
        own: dict[str, Any] = self.build_attrs(self.attrs, attrs)  # type: ignore[attr-defined]
        return self.drawn(str(value or ""), flatatt({"name": name, **own}))

    def drawn(self, value: str, attributes: str) -> SafeString:
        return format_html('<input type="text" value="{}"{}>', value, attributes)


class SwiftInput(_Swift, forms.TextInput):
    """A line of text."""


class SwiftLines(_Swift, forms.Textarea):
    """Some lines of text."""

    def drawn(self, value: str, attributes: str) -> SafeString:
        return format_html("<textarea{}>\n{}</textarea>", attributes, value)


class SwiftSelect(_Swift, forms.Select):
    """One of some words."""

    def drawn(self, value: str, attributes: str) -> SafeString:
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, " selected" if key == value else "", label) for key, label in self.choices),
        )
        return format_html("<select{}>{}</select>", attributes, options)


def _widget(kind: Kind, now: str) -> forms.Widget:
    if kind.choices:
        known = [value for value, _ in kind.choices]
        unknown = [(now, f"{now} (not known)")] if now and now not in known else []
        return SwiftSelect(choices=[("", "Not set"), *kind.choices, *unknown])
    attrs = {"spellcheck": "false", "autocomplete": "off"}
    if kind.example:
        attrs["placeholder"] = kind.example
    if kind.rows > 1:
        return SwiftLines(attrs={**attrs, "rows": str(kind.rows), "class": "mono"})
    return SwiftInput(attrs=attrs)


class SettingsForm(forms.Form):
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
