"""The template editor as a test holds it: a page with its fields, and a browser to post them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from domain.yaml.text import parse
from tests.cast import make_cloud

# conftest.py imports this before Django has its settings: models are imported when first used.
if TYPE_CHECKING:
    from configurations.models import Version

ROWS = """\
cloud: paper
head_node: {instance_type: small}
worker_nodes:
  - {name: cpu, instance_type: small, max_nodes: 4}
  - {name: other, instance_type: large, max_nodes: 2}
mobula:
  idle_minutes: 30
  mounts:
    - {storage: data, path: /mnt/data}
  environments:
    dev: {mobula: {idle_minutes: 5}}
    prod:
      worker_nodes:
        - {name: cpu, max_nodes: 40, labels: {tier: prod}}  # more at night
flags:
  instance_ranking_strategy:
    - ranker_type: custom_group_order
      ranker_config: {group_order: [cpu/spot, [cpu, other]]}
"""
"""All kinds of rows but for what scales: groups, mounts, environments, the order of preference."""

_INPUT = re.compile(r"<(input|textarea|select)\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


class Page:
    """The editor's form, without the menus around it, as a browser holds it: names and values."""

    def __init__(self, text: str) -> None:
        text = text[text.find('id="content"') :] if 'id="content"' in text else text
        self.text = text
        self.fields: dict[str, Any] = {}
        for match in _INPUT.finditer(text):
            attributes = {k: html.unescape(v) for k, v in _ATTRIBUTE.findall(match[2])}
            self._read(match, attributes)
        self.fields.pop("csrfmiddlewaretoken", None)

    def _read(self, match: re.Match[str], attributes: dict[str, str]) -> None:
        name = attributes.get("name")
        if name is None:
            return
        if match[1] == "select":
            body = self.text[match.end() : self.text.index("</select>", match.end())]
            chosen = re.search(r'value="([^"]*)" selected', body)
            self.fields[name] = html.unescape(chosen[1]) if chosen else ""
        elif match[1] == "textarea":
            body = self.text[match.end() : self.text.index("</textarea>", match.end())]
            self.fields[name] = html.unescape(body).removeprefix("\n")
        elif name == "rows":
            self.fields.setdefault("rows", []).append(attributes["value"])
        elif attributes.get("type") == "checkbox":
            if "checked" in attributes:
                self.fields[name] = "on"
        elif attributes.get("type") != "radio" or "checked" in attributes:
            self.fields[name] = attributes.get("value", "")

    @property
    def config(self) -> Any:
        return parse(self.fields["text"]).draft


class Editor:
    """A browser with the editor open: `change` is an edit, `check` what a script does after it."""

    def __init__(self, client: Client, url: str, check_url: str) -> None:
        self.client, self.url, self.check_url = client, url, check_url
        self.page = Page(client.get(url).text)

    def check(self, **changes: Any) -> Page:
        """Post what stands in the page with some changes; the YAML stays if it is not answered."""
        posted = {k: v for k, v in {**self.page.fields, **changes}.items() if v is not None}
        response = self.client.post(self.check_url, posted)
        assert response.status_code == 200
        self.page = Page(response.text)
        return self.page

    def post(self, **changes: Any) -> Any:
        """Press the button of the form without a script."""
        posted = {k: v for k, v in {**self.page.fields, **changes}.items() if v is not None}
        return self.client.post(self.url, posted)


@pytest.fixture
def editor(version: Version, alice: Any, driver: Any) -> Editor:
    """alice edits version 1 of `train`."""
    return open_editor(version, alice)


def open_editor(version: Version, user: Any) -> Editor:
    """Return the editor of the version's template, as `user` opens it."""
    own = [version.template_id]
    edit_url = reverse("configurations:edit-template", args=own)
    return Editor(_signed_in(user), edit_url, reverse("configurations:check-template", args=own))


@pytest.fixture
def new_editor(alice: Any, driver: Any, image: Any) -> Editor:
    """alice opens the editor for a new template on a cloud of small, large and gpu sizes."""

    make_cloud("local", provider="local")
    make_cloud("paper", provider="fake")
    new_url = reverse("configurations:new-template")
    return Editor(_signed_in(alice), new_url, reverse("configurations:check-template"))


def _signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client
