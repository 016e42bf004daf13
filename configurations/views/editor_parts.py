"""The editor's page in parts: an answer to an edit has only those that the browser has not.

Each part carries a stamp of what it shows. The browser posts the stamps of its parts, so that any
process can answer, whatever it has seen before.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
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
    "marks", "draft_state", "message", "problems", "checks", "price", "changes", "rollout", "bar",
)  # fmt: skip
GROUP = "configurations/editor/group.html"
MOST_STAMPS = 1_000
MOST_LETTERS = 30_000_000
"""In all pieces that a process keeps: a row of a group has some thousand, more with all fields."""


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

_PARTS: Memory[Part] = Memory(MOST_LETTERS, weigh=lambda part: len(part.html))


def parts_of(context: Mapping[str, Any]) -> Parts:
    """Return every part of the editor by its name; groups are named by the keys of their rows."""
    edit: Edit = context["edit"]
    looks = _looks(context)
    parts = {name: _section(name, context, looks.get(name)) for name in PARTS}
    own: Row = {
        "actions": edit.actions,
        "autoscaling": edit.draft.mobula.autoscaling,
        "is_large": edit.is_large,
        "check_url": context["check_url"],
    }
    for row in edit.rows:
        parts[row.key] = _group(row, own, edit.catalogue)
    return parts


def _section(name: str, context: Mapping[str, Any], look: Hashable | None) -> Part:
    """A section of the page; from memory where it has a look, which is then all it shows."""

    def draw() -> Part:
        return _drawn(name, f"{FOLDER}/{name}.html", context)

    return draw() if look is None else _PARTS.get((name, look), draw)


def _looks(context: Mapping[str, Any]) -> Mapping[str, Hashable]:
    """What each section shows, as far as its form is all of it; none while it has problems.

    Sections with what a cloud offers to a row, or the next windows of time, are drawn each time.
    """
    edit: Edit = context["edit"]
    looks: dict[str, Hashable] = {"order": tuple((row.key, row.at) for row in edit.rows)}
    if (head := edit.forms.head.look) is not None:
        looks["head"] = head
    if (config := edit.forms.config.look) is None:
        return looks
    looks |= dict.fromkeys(("autoscaling", "limits", "zones", "end", "advanced"), config)
    looks["machines"] = config, edit.why_untyped
    if context["name"] is None:
        looks["basics"] = config
    for name, lists in edit.lists.items():
        rows = tuple(
            (one.name, None if one.rows is None else tuple(row.look for row in one.rows))
            for one in lists
        )
        if name in {"scaling", "storage"} and not any(None in (shown or ()) for _, shown in rows):
            looks[name] = config, rows, context["check_url"]
    return looks


def _group(row: GroupFormRow, own: Row, catalogue: Catalogue) -> Part:
    """The row of a group: made of itself, `own` and the catalogue alone, so that it is kept."""

    def draw() -> Part:
        return _drawn(row.key, GROUP, {**own, "row": row})

    if row.has_problems:
        return draw()
    seen = seen_of(row.key, row.posted, catalogue)
    return _PARTS.get((GROUP, row.facts, *own.values(), seen), draw)


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
