"""The files of docs/ as pages: their titles, sections, and which words they contain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PICTURES = DOCS / "pictures"
# The order of the index. A test finds every file of docs/ in exactly one section.
SECTIONS: dict[str, tuple[str, ...]] = {
    "Define": (
        "configuration", "editor", "templates", "clouds", "catalog", "images", "import-export",
        "glossary",
    ),
    "Release": ("promotions", "tutorial-promotion"),
    "Run and scale": (
        "scaling", "strategies", "spot", "consolidation", "simulation", "states", "health",
        "events", "errors", "workspaces", "local", "aws", "guide-aws", "test-runs",
    ),
    "Usage and cost": ("metering",),
    "Administer": (
        "accounts", "audit", "demo", "demo-cloud", "deployment", "settings", "limits", "retention",
        "backup", "upgrade", "threat-model", "agent", "nodes",
    ),
    "Develop": ("architecture", "front", "benchmarks", "faults"),
}  # fmt: skip
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_LOCAL = re.compile(r"(?P<slug>[a-z-]+)\.md(?P<anchor>#.*)?")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page below one heading; `text` is its Markdown."""

    anchor: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One file of docs/. `html` has an id at each heading."""

    slug: str
    title: str
    html: SafeString
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True)
class Match:
    """A section that contains all words of a search, with the line that has the first."""

    page: Page
    section: Section
    line: str


@cache
def page(slug: str) -> Page:
    """Return one page. Raises KeyError for a name that is in no section of the index."""
    if slug not in {name for names in SECTIONS.values() for name in names}:
        raise KeyError(slug)
    text = (DOCS / f"{slug}.md").read_text()
    tokens = _PARSER.parse(text)
    sections = tuple(_sections(tokens, text.splitlines()))
    _link(tokens)
    # The files come with Mobula, and the parser escapes HTML.
    html = mark_safe(_PARSER.renderer.render(tokens, _PARSER.options, {}))  # noqa: S308
    return Page(slug=slug, title=sections[0].title, html=html, sections=sections)


def picture(name: str) -> Path:
    """Return the file of a picture that pages show. Raises KeyError where there is none."""
    found = {path.stem: path for path in PICTURES.glob("*.png")}
    return found[name]


def index() -> dict[str, list[Page]]:
    """Return all pages by section of the index."""
    return {title: [page(slug) for slug in slugs] for title, slugs in SECTIONS.items()}


def search(words: str, *, limit: int = 50) -> list[Match]:
    """Return the sections that contain every word, those that name one in their title first."""
    wanted = words.lower().split()
    if not wanted:
        return []
    matches = [
        Match(page=each, section=section, line=_line_with(section, wanted[0]))
        for pages in index().values()
        for each in pages
        for section in each.sections
        if all(word in f"{section.title} {section.text}".lower() for word in wanted)
    ]
    matches.sort(key=lambda match: not any(word in match.section.title.lower() for word in wanted))
    return matches[:limit]


def _sections(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Section]:
    """Yield a section for each heading, and give the heading its id."""
    starts: list[tuple[int, str, str]] = []
    anchors: dict[str, int] = {}
    for token, content in pairwise(tokens):
        if token.type == "heading_open" and token.map:
            title = "".join(part.content for part in content.children or ())
            anchor = _anchor(title)
            anchors[anchor] = count = anchors.get(anchor, -1) + 1
            anchor = f"{anchor}-{count}" if count else anchor
            token.attrSet("id", anchor)
            starts.append((token.map[0], anchor, title))
    ends = [line for line, _, _ in starts[1:]] + [len(lines)]
    for (start, anchor, title), end in zip(starts, ends, strict=True):
        yield Section(anchor=anchor, title=title, text="\n".join(lines[start + 1 : end]).strip())


def _anchor(title: str) -> str:
    """Return a heading's id as GitHub makes it, so that links in docs/ work in both places."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _link(tokens: Sequence[Token]) -> None:
    """Let links and pictures lead to what is served, and the keyboard scroll wide tables."""
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("tabindex", "0")
        for child in token.children or ():
            if child.type == "image":
                child.attrSet("src", f"/docs/{child.attrs['src']}")
                child.attrSet("loading", "lazy")
            match = _LOCAL.fullmatch(str(child.attrs.get("href", "")))
            if match:
                child.attrSet("href", f"/docs/{match['slug']}/{match['anchor'] or ''}")


def _line_with(section: Section, word: str) -> str:
    lines = (line.strip("|-#* ") for line in section.text.splitlines())
    return next((line[:200] for line in lines if word in line.lower()), "")
