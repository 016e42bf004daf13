"""What holds for every template, and what the template tags write."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.timezone import now

from domain.lifecycle import ClusterState, NodeState

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LISTED = set((ROOT / "assets/icons.txt").read_text().split())
ICON = re.compile(
    r'{% icon "([a-z0-9-]+)"|\bicon="([a-z0-9-]+)"|{% nav_link "\S+" "[^"]+" "([a-z0-9-]+)"'
)


def rendered(text: str, **context: object) -> str:
    return Template("{% load mobula %}" + text).render(Context(context))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_names_only_icons_that_are_drawn(path: Path) -> None:
    named = {next(filter(None, groups)) for groups in ICON.findall(path.read_text())}
    assert named <= LISTED, "Add it to assets/icons.txt."


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_keeps_the_policy(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "No inline script: use json_script."
    assert not re.search(r"<style|\sstyle=", text), "No inline style: give it a class."
    assert not re.search(r"\son[a-z]+=|hx-on|hx-(vals|trigger|confirm)=\"(js:|[^\"]*\[)", text), (
        "No code in attributes: the policy refuses to run it."
    )


@pytest.mark.parametrize("state", [*ClusterState, *NodeState])
def test_every_state_has_a_badge_with_its_word(state: ClusterState | NodeState) -> None:
    badge = rendered("{% state_badge state %}", state=state)
    assert f">{state.label}</span>" in badge
    tone = re.search(r"tone-(\w+)", badge)
    assert tone
    assert (tone[1] == "quiet") == (state in {"stopped", "terminated"})


def test_a_badge_escapes_what_it_is_given() -> None:
    badge = rendered("{% state_badge state title=title %}", state="<b>", title='"><script>')
    assert "<b>" not in badge
    assert "<script>" not in badge


def test_what_is_not_known_is_not_said_to_be_zero() -> None:
    text = rendered(
        "{{ no|usd }} {{ no|duration }} {{ no|bytes }} {{ no|number }} {{ no|ago }}", no=None
    )
    assert text == "unpriced – – – –"


def test_a_moment_has_its_exact_time_for_those_who_ask() -> None:
    at = now() - timedelta(minutes=5, seconds=3)
    text = rendered("{{ at|ago }}", at=at)
    assert f'datetime="{at.isoformat(timespec="seconds")}"' in text
    assert f'title="{at:%Y-%m-%d %H:%M:%S} UTC"' in text
    assert ">5 min 3 s ago</time>" in text


def test_a_link_to_a_page_that_does_not_exist_is_left_out() -> None:
    context = {"request": RequestFactory().get("/")}
    assert not rendered('{% nav_link "nowhere:at-all" "Nowhere" "x" %}', **context).strip()


def test_the_link_of_the_shown_page_says_so() -> None:
    context = {"request": RequestFactory().get("/insights/cost/?range=7d")}
    assert 'aria-current="page"' in rendered(
        '{% nav_link "insights:cost" "Cost" "coin" %}', **context
    )
    assert "aria-current" not in rendered(
        '{% nav_link "home" "Home" "home" exact=True %}', **context
    )


@pytest.mark.parametrize(
    ("path", "is_marked"),
    [("/images/", True), ("/images/7/compare/", True), ("/images/base/", False), ("/", False)],
)
def test_the_link_of_what_a_page_is_below_says_so(path: str, is_marked: bool) -> None:
    link = '{% nav_link "images:list" "Images" "box" apart="images:base-images" %}'
    shown = rendered(link, request=RequestFactory().get(path))
    assert ("aria-current" in shown) is is_marked


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("evil", "auto"), (None, "auto")]
)
def test_the_theme_is_the_browser_s_choice(cookie: str | None, theme: str) -> None:
    request = RequestFactory().get("/")
    if cookie:
        request.COOKIES["mobula-theme"] = cookie
    assert rendered("{% theme %}", request=request) == theme


class ExampleForm(forms.Form):
    name = forms.CharField(help_text="Letters only.")


def test_a_refused_field_ties_its_errors_and_help_to_its_control() -> None:
    field = ExampleForm({"name": ""})["name"]
    text = rendered('{% include "components/field.html" %}', field=field)
    assert 'class="form-control is-invalid"' in text
    described = re.search(r'aria-describedby="([^"]+)"', text)
    assert described
    for name in described[1].split():
        assert f'id="{name}"' in text
