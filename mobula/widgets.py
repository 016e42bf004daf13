"""Draws the commonest controls of forms without a template for each: a page may have hundreds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

type Widget = Mapping[str, Any]


class SwiftRenderer(DjangoTemplates):
    """Django's own renderer, but for inputs, lists and texts, which come out the same."""

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        draw = _DRAWN.get(template_name)
        return super().render(template_name, context, request) if draw is None else draw(context)


def _input(context: Any) -> SafeString:
    widget = context["widget"]
    value = widget["value"]
    shown = "" if value is None else format_html(' value="{}"', str(value))
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        shown,
        _attributes(widget),
    )


def _textarea(context: Any) -> SafeString:
    widget = context["widget"]
    return format_html(
        '<textarea name="{}"{}>\n{}</textarea>',
        widget["name"], _attributes(widget), widget["value"] or "",
    )  # fmt: skip


def _select(context: Any) -> SafeString:
    widget = context["widget"]
    groups = format_html_join("", "{}", ((part,) for part in _groups(widget)))
    return format_html(
        '<select name="{}"{}>{}</select>', widget["name"], _attributes(widget), groups
    )


def _groups(widget: Widget) -> Iterator[SafeString]:
    for label, options, _ in widget["optgroups"]:
        drawn = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((str(option["value"]), _attributes(option), option["label"]) for option in options),
        )
        yield format_html('<optgroup label="{}">{}</optgroup>', label, drawn) if label else drawn


def _attributes(widget: Widget) -> SafeString:
    kept = {name: value for name, value in widget["attrs"].items() if value is not False}
    return flatatt(kept)


_DRAWN: Mapping[str, Callable[[Any], SafeString]] = {
    **{
        f"django/forms/widgets/{kind}.html": _input
        for kind in ("text", "number", "email", "hidden", "checkbox")
    },
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
}
