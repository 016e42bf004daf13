"""The documentation is served by the console, and each page leads to its part."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from mobula.documentation import library
from mobula.documentation.help import HELP, TABS, help_for
from tests.access.routes import ROUTES

SLUGS = [slug for slugs in library.SECTIONS.values() for slug in slugs]
MOST_PICTURES, MOST_BYTES = 10, 150_000
# They answer with a file, a part of a page, or for people who are signed out.
WITHOUT_HELP = {
    "clusters:node-log-text", "clusters:resize",
    "accounts:link", "accounts:sign-in", "agent-package", "agent-sync",
    "node-agent", "node-registry",
    "clusters:csv", "clusters:job-log",
    "clusters:launch-preview", "clusters:update-preview", "clusters:what-if",
    "configurations:picker", "documentation:contents", "documentation:page",
    "documentation:picture", "healthz", "images:build-stream", "images:pick-base",
}  # fmt: skip


def html_of(slug: str) -> str:
    return library.page(slug).html


def pictures() -> list[Path]:
    """Return all files of pictures: each is shown by a page, and only once."""
    return sorted(library.PICTURES.iterdir())


def test_the_index_has_each_file_once() -> None:
    assert sorted(SLUGS) == sorted(path.stem for path in library.DOCS.glob("*.md"))


@pytest.mark.parametrize("slug", SLUGS)
def test_links_lead_to_pages_and_sections_that_exist(slug: str) -> None:
    for target, anchor in re.findall(r'href="/docs/([a-z-]+)/#?([^"]*)"', library.page(slug).html):
        sections = {section.anchor for section in library.page(target).sections}
        assert not anchor or anchor in sections, f"{slug}.md links to {target}.md#{anchor}"


@pytest.mark.parametrize("slug", SLUGS)
def test_each_page_has_a_title_and_a_unique_id_for_each_heading(slug: str) -> None:
    page = library.page(slug)
    anchors = [section.anchor for section in page.sections]
    assert page.html.startswith(f'<h1 id="{anchors[0]}">')
    assert len(set(anchors)) == len(anchors) == len(re.findall(r"<h\d id=", page.html))


def addresses(
    resolver: URLResolver, *, below: str = "", within: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the name and the pattern of every address."""
    for entry in resolver.url_patterns:
        pattern = below + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield f"{within}{entry.name}", pattern
        else:
            prefix = f"{within}{entry.namespace}:" if entry.namespace else within
            yield from addresses(entry, below=pattern, within=prefix)


def test_every_page_has_its_part_of_the_documentation() -> None:
    known = dict(addresses(get_resolver()))
    pages = {
        name
        for name, pattern in known.items()
        if ROUTES[pattern].get is not None and not ROUTES[pattern].get_elsewhere
    }
    missing = pages - HELP.keys() - WITHOUT_HELP
    assert not missing, f"Name the page of docs/ for {missing} in mobula/documentation/help.py."
    assert {*HELP, *TABS, *WITHOUT_HELP} <= known.keys()
    assert {*HELP.values(), *(slug for tabs in TABS.values() for slug in tabs.values())} <= {*SLUGS}


def test_a_search_finds_sections_and_ranks_titles_first() -> None:
    matches = library.search("Session tokens")
    assert library.search("idle timeout")
    assert not library.search("")
    assert not library.search("no such words anywhere")
    titles = [("session" in m.section.title.lower()) for m in matches]
    assert titles == sorted(titles, reverse=True)


@pytest.mark.django_db
def test_each_picture_that_a_page_names_is_served_and_small(client: Client, alice: User) -> None:
    client.force_login(alice)
    named = [each for slug in SLUGS for each in re.findall(r'<img src="([^"]*)"', html_of(slug))]
    assert sorted(named) == sorted(f"/docs/pictures/{each.name}" for each in pictures())
    assert 0 < len(named) <= MOST_PICTURES
    for address in named:
        answer = client.get(address)
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
        assert len(answer.content) <= MOST_BYTES, f"{address}: {len(answer.content):,} bytes"
    assert client.get("/docs/pictures/nothing.png").status_code == 404


@pytest.mark.django_db
def test_pages_lead_to_their_documentation(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert 'href="/docs/templates/"' in client.get("/templates/").text
    contents = client.get("/docs/")
    assert all(f'href="/docs/{slug}/"' in contents.text for slug in SLUGS)
    assert "On this page" in client.get("/docs/scaling/").text
    assert "/docs/editor/#" in client.get("/docs/", {"q": "drafts"}).text
    assert client.get("/docs/nothing/").status_code == 404
    assert client.get("/docs/", {"q": "<script>"}).text.count("<script>") == 0


@pytest.mark.django_db
def test_the_tabs_of_a_cluster_have_pages_of_their_own() -> None:
    assert help_for("clusters:detail", tab="scaling") == "scaling"
    assert help_for("clusters:detail", tab="overview") == "states"
    assert help_for("accounts:sign-in") == ""
