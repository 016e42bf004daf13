"""An answer to an edit has only the parts that changed: put into the page, it is the whole anew."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from configurations.models import Version
from configurations.services.templates import create_template
from configurations.templatetags import editor_parts
from configurations.views.editor_parts import splice
from domain.yaml.memory import Memory
from tests.cast import make_cloud
from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import ROWS, Editor, Page, open_editor
from tests.domain.configurations import SCALED

EDITS = 5
_PART = re.compile(r'<div class="part" id="part-([\w-]+)" data-stamp="(\w+)">')
_SWAP = re.compile(
    r'<hx-partial hx-target="#([\w-]+)" hx-swap="(\w+)">(.*?)</hx-partial>', re.DOTALL
)
_TEXTS = re.compile(r'<script id="editor-texts" type="application/json">(.*?)</script>', re.DOTALL)
_VALUES = {
    "max_nodes": ["1", "7", "x", "", "0"],
    "min_nodes": ["0", "2", "-1", "9"],
    "name": ["cpu", "gpu", "a b", "", "other"],
    "idle_minutes": ["5", "", "many"],
    "environments": ["", "prod: [", "dev: {mobula: {idle_minutes: 5}}"],
    "cloud": ["", "local", "nowhere"],
    "resources": ["CPU=2", "CPU=", "special=1"],
    "group": ["cpu", "other", ""],
    "market": ["spot", "on-demand", "SPOT", ""],
    "tied": ["on", ""],
    "path": ["/mnt/data", "relative", ""],
    "storage": ["data", ""],
    "size": ["small", "large", "unknown"],
    "image": ["", "ray", "none:7"],
    "block": ["{}", "a: [", "tags: {team: x}"],
    "expression": ["queue > 1 ? 1 : 0", "queue >"],
    "nodes": ["1", "50%", "-"],
    "objective": ["steady", "cost"],
}
_ACTIONS = [
    *("add", "add:schedules", "add:rules", "add:budgets", "remove:s0", "remove:r0"),
    *("copy:{row}", "remove:{row}", "up:{row}", "down:{row}", "fix:0", "fix:all", "more:{row}"),
    *("add:mounts", "remove:m0", "down:m0", "add:ranks", "remove:k0", "up:k1", "down:k0"),
    *("add:environments", "remove:e0", "add:overrides:e0", "add:overrides:e1", "remove:v0"),
]


class Browser:
    """The editor in a browser: it posts stamps, and puts what is answered into its page."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        text = editor.client.get(editor.url).text
        self.parts = parts_in(text)
        self.texts = {name: Page(text).fields[name] for name in ("text", "shown")}

    @property
    def fields(self) -> dict[str, Any]:
        """What the form would post."""
        order = Page(self.parts["order"][1]).fields.get("rows", [])
        body = "".join(content for _, content in self.parts.values())
        return {**Page(body).fields, **self.texts, "rows": order}

    def edit(self, changes: dict[str, Any]) -> Any:
        """Change fields; return the whole page that a server would draw that remembers nothing."""
        posted = {**self.fields, **changes}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Memory, "get", lambda _memory, _key, make: make())
            patch.setattr(editor_parts, "_drawn", editor_parts._drawn.__wrapped__)
            whole = self.editor.client.post(self.editor.check_url, posted)
        dirty = {
            name
            for name, part in self.parts.items()
            if any(f'name="{n}"' in part[1] for n in changes)
        }
        stamps = {name: stamp for name, (stamp, _) in self.parts.items() if name not in dirty}
        answer = self.editor.client.post(
            self.editor.check_url, {**posted, "stamps": json.dumps(stamps)}
        )
        assert (whole.status_code, answer.status_code) == (200, 200)
        self.texts = {name: posted[name] for name in self.texts}
        for target, how, content in _SWAP.findall(answer.text):
            self._swap(target.removeprefix("part-"), how, content)
        return whole

    def _swap(self, name: str, how: str, content: str) -> None:
        if how == "delete":
            del self.parts[name]
        elif name == "texts":
            for field, change in json.loads(html.unescape(_TEXTS.search(content)[1])).items():  # type: ignore[index]
                self.texts[field] = spliced(self.texts[field], change)
        else:
            found = parts_in(content)
            assert how == "beforeend" or list(found) == [name]
            self.parts |= found


def parts_in(text: str) -> dict[str, tuple[str, str]]:
    """The parts of a page: the stamp and the content of each."""
    found = {}
    for match in _PART.finditer(text):
        depth, end = 1, match.end()
        while depth:
            tag = re.compile(r"<div\b|</div>").search(text, end)
            assert tag is not None
            depth, end = depth + (-1 if tag[0] == "</div>" else 1), tag.end()
        found[match[1]] = (match[2], text[match.end() : end - len("</div>")])
    return found


def spliced(old: str, change: list[Any] | None) -> str:
    if change is None:
        return old
    start, end, insert, length = change
    units = old.encode("utf-16-le")
    assert len(units) == 2 * length
    return units[: 2 * start].decode("utf-16-le") + insert + units[2 * end :].decode("utf-16-le")


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # an example is slow, so that making it small is
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
@pytest.mark.django_db
@pytest.mark.parametrize("text", [TEXT, SCALED, ROWS], ids=["plain", "scaled", "rows"])
def test_answer_put_into_the_page_is_the_whole_page_anew(
    version: Version, editor: Editor, text: str, data: st.DataObject
) -> None:
    browser = Browser(editor)
    browser.edit({"text": text})
    for _ in range(EDITS):
        changes = a_change(browser.fields, data.draw)
        whole = browser.edit(changes)
        anew = parts_in(whole.text)
        now = {name: without_ages(part) for name, (_, part) in browser.parts.items()}
        assert now == {name: without_ages(part) for name, (_, part) in anew.items()}, changes
        page = Page(whole.text)
        assert browser.texts == {name: page.fields[name] for name in browser.texts}, changes
        assert browser.fields.get("rows", []) == page.fields.get("rows", []), changes


def a_change(fields: dict[str, Any], draw: Any) -> dict[str, Any]:
    """A field typed in, a button pressed, the text changed, or some of these at once."""
    changes: dict[str, Any] = {}
    known = {name: _VALUES.get(name.rpartition("-")[2]) for name in sorted(fields)}
    names = [name for name, values in known.items() if values]
    for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True)):
        changes[name] = draw(st.sampled_from(_VALUES[name.rpartition("-")[2]]))
    if draw(st.integers(0, 3)) == 0:
        text = fields["text"]
        at = draw(st.integers(0, len(text)))
        word = draw(st.sampled_from(["\n", "#", "😀", "x", ": ", "[", ""]))
        changes["text"] = text[:at] + word + text[at:]
    if draw(st.booleans()) or not changes:
        row = draw(st.sampled_from(fields.get("rows") or ["g0"]))
        changes["do"] = draw(st.sampled_from(_ACTIONS)).format(row=row)
    return changes


def without_ages(content: str) -> str:
    return re.sub(r"<time.*?</time>", "", content)


@pytest.mark.django_db
def test_answer_to_one_field_leaves_out_what_is_as_before(editor: Editor) -> None:
    browser = Browser(editor)
    browser.edit({"g0-max_nodes": "5"})
    posted = {**browser.fields, "g0-max_nodes": "6"}
    stamps = {name: stamp for name, (stamp, _) in browser.parts.items() if name != "g0"}
    answer = editor.client.post(editor.check_url, {**posted, "stamps": json.dumps(stamps)})
    swapped = {target for target, _, _ in _SWAP.findall(answer.text)} - {"editor"}
    assert {"part-g0", "part-texts"} <= swapped
    assert not swapped & {"part-head", "part-basics", "part-scaling", "part-message", "part-order"}
    assert len(answer.content) < 20_000
    for odd in ("", "[", "[]", "7", '{"g0": 3}'):
        assert editor.client.post(editor.check_url, {**posted, "stamps": odd}).status_code == 200


@pytest.mark.django_db
def test_what_one_team_may_choose_is_never_on_a_page_of_another(
    editor: Editor, research: Any, other: Any, charlie: Any
) -> None:
    make_cloud("cloud-of-research", team=research, provider="fake")
    make_cloud("cloud-of-other", team=other, provider="fake")
    given: dict[str, Any] = {"name": "train", "text": TEXT, "message": "First.", "by": charlie}
    theirs = open_editor(create_template(team=other, **given), charlie)
    for minutes in ("7", "8", "7"):
        mine = editor.check(idle_minutes=minutes).text
        assert ("cloud-of-research" in mine, "cloud-of-other" in mine) == (True, False)
        page = theirs.check(idle_minutes=minutes).text
        assert ("cloud-of-research" in page, "cloud-of-other" in page) == (False, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("", "a"),
        ("a", ""),
        ("aa", "aaa"),
        ("a😀b", "a😁b"),
        ("x😀", "😀y"),
        ("aba", "aa"),
    ],
)
def test_splice_turns_one_text_into_the_other(old: str, new: str) -> None:
    assert spliced(old, splice(old, new)) == new
