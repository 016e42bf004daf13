"""Markdown of people as HTML, in bounded time: what would take long stays plain text."""

from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from domain.limits import RATIONALE_LENGTH

# Each open bracket may begin a link, which is looked for up to the end of its paragraph.
_MOST_BRACKETS = 1_000
_MOST_CELLS = 5_000
_RENDERER = MarkdownIt("js-default", {"html": False, "linkify": False, "maxNesting": 20})


def rendered(text: str) -> SafeString:
    """Return the text as HTML; HTML in it, and addresses that run scripts, stay plain text."""
    if _takes_long(text):
        return mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - escaped
    html: str = _RENDERER.render(text)
    return mark_safe(html)  # noqa: S308 - the renderer escapes HTML


def _takes_long(text: str) -> bool:
    if len(text) > RATIONALE_LENGTH or text.count("[") > _MOST_BRACKETS:
        return True
    lines = text.splitlines()
    # A table has as many cells in each line as in its first, whether they are written or not.
    return len(lines) * max((line.count("|") for line in lines), default=0) > _MOST_CELLS
