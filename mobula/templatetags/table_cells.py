"""The cells of `components/table.html`: `{% load table_cells %}`."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django import template
from django.template import Context, Engine
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString

from tables.columns import Column

register = template.Library()


@register.simple_tag(takes_context=True)
def table_cells(context: Context, columns: Sequence[Column], row: object) -> SafeString:
    """Return the cells of a row: each drawn by its column's template, or plain.

    Written here and not in the template: a page has hundreds of them.
    """
    with context.push(row=row):
        return SafeString("".join(_cell(context, column, row) for column in columns))


def _cell(context: Context, column: Column, row: object) -> str:
    if column.cell:
        content = _cell_template(column.cell).render(context)
    else:
        value = column.value(row)
        content = "–" if value is None or value == "" else conditional_escape(str(value))
    css = f' class="{escape(column.classes)}"' if column.classes else ""
    if column.is_heading:
        return f'<th scope="row"{css}>{content}</th>'
    return f"<td{css}>{content}</td>"


@cache
def _cell_template(name: str) -> Any:
    return Engine.get_default().get_template(name)
