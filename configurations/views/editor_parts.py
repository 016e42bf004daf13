"""The editor's page in parts: an answer to an edit has only those that the browser has not.

Each part carries a stamp of what it shows. The browser posts the stamps of its parts, so that any
process can answer, whatever it has seen before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2s
from typing import Any

from django.http import QueryDict
from django.template.loader import get_template
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from configurations.editor import Catalogue, Edit
from configurations.editor.group_rows import GroupFormRow
from configurations.editor.machine_facts import seen_of
from domain.yaml.memory import Memory

FOLDER = "configurations/editor/parts"
PARTS = (
    "hidden", "notices", "navigation", "resources", "basics", "head", "autoscaling", "order",
    "scaling", "limits", "zones", "end", "machines", "storage", "environments", "advanced",
    "marks", "draft_state", "message", "problems", "price", "changes", "rollout", "bar",
)  # fmt: skip
GROUP = "configurations/editor/group.html"
MOST_STAMPS = 1_000
MOST_GROUPS = 1_000
"""Drawn rows of groups that a process keeps: some kilobytes each, more with all fields."""


@dataclass(frozen=True)
class Part:
    """A piece of the page; two with the same stamp look the same."""

    name: str
    html: str

    @cached_property
    def stamp(self) -> str:
        return blake2s(self.html.encode(), digest_size=6).hexdigest()

    @property
    def element(self) -> SafeString:
        """The piece in its place, as the page and the answers have it."""
        return format_html(
            '<div class="part" id="part-{}" data-stamp="{}">{}</div>',
            self.name, self.stamp, SafeString(self.html),
        )  # fmt: skip


type Parts = Mapping[str, Part]
type Row = Mapping[str, Any]

_GROUPS: Memory[Part] = Memory(MOST_GROUPS)


def parts_of(context: Mapping[str, Any]) -> Parts:
    """Return every part of the editor by its name; groups are named by the keys of their rows."""
    parts = {name: _drawn(name, f"{FOLDER}/{name}.html", context) for name in PARTS}
    edit: Edit = context["edit"]
    own: Row = {
        "actions": edit.actions,
        "autoscaling": edit.draft.mobula.autoscaling,
        "is_large": edit.is_large,
        "check_url": context["check_url"],
    }
    for row in edit.rows:
        parts[row.key] = _group(row, own, edit.catalogue)
    return parts


def _group(row: GroupFormRow, own: Row, catalogue: Catalogue) -> Part:
    """The row of a group: made of itself, `own` and the catalogue alone, so that it is kept."""

    def draw() -> Part:
        return _drawn(row.key, GROUP, {**own, "row": row})

    if row.has_problems:
        return draw()
    return _GROUPS.get((row.facts, *own.values(), seen_of(row, catalogue)), draw)


def _drawn(name: str, template: str, context: Mapping[str, Any]) -> Part:
    return Part(name, get_template(template).render(dict(context)).strip())


def stamps_in(posted: QueryDict) -> Mapping[str, str] | None:
    """Return the stamps of the parts that the browser has; None if it wants the whole editor."""
    if "stamps" not in posted:
        return None
    try:
        stamps = json.loads(posted.get("stamps", ""))
    except (ValueError, RecursionError):
        return None
    return stamps if isinstance(stamps, dict) and len(stamps) <= MOST_STAMPS else None


def answer_of(parts: Parts, edit: Edit, posted: QueryDict, stamps: Mapping[str, str]) -> str:
    """Return what turns the page that was posted into the one that shows `edit`."""
    had = posted.getlist("rows")
    now = [row.key for row in edit.rows]
    pieces = [_gone(key) for key in dict.fromkeys(had) if key not in now and _is_key(key)]
    for name, part in parts.items():
        if name in now and name not in had:
            pieces.append(_swap("group-rows", "beforeend", part.element))
        elif stamps.get(name) != part.stamp:
            pieces.append(_swap(f"part-{name}", "outerMorph", part.element))
    shown = _lines(posted.get("shown", ""))
    texts = {
        "text": splice(_lines(posted.get("text", shown)), edit.text),
        "shown": splice(shown, edit.shown),
    }
    pieces.append(_swap("part-texts", "innerHTML", json_script(texts, "editor-texts")))
    return "\n".join(pieces)


def _is_key(key: str) -> bool:
    return key.startswith("g") and key[1:].isdecimal()


def _gone(key: str) -> str:
    return _swap(f"part-{key}", "delete", "")


def _swap(target: str, how: str, content: str) -> str:
    return f'<hx-partial hx-target="#{target}" hx-swap="{how}">{content}</hx-partial>'


def splice(old: str, new: str) -> list[Any] | None:
    """Return [from, to, insert, length of the old] in a browser's characters; None if the same."""
    if old == new:
        return None
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    insert = new[start : len(new) - end]
    return [_units(old[:start]), _units(old[: len(old) - end]), insert, _units(old)]


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _units(text: str) -> int:
    """How long a browser finds the text: it counts what stands beyond U+FFFF twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
