"""Markdown takes little time, whatever somebody wrote."""

from collections.abc import Callable
from time import process_time

import pytest

from domain.limits import RATIONALE_LENGTH
from mobula.markdown import rendered

MOST_SECONDS = 2.0  # a tenth is usual; without bounds some of these take minutes at 1 MiB


def filled(text: str) -> Callable[[int], str]:
    return lambda length: (text * (length // len(text) + 1))[:length]


HOSTILE: dict[str, Callable[[int], str]] = {
    "brackets": filled("["),
    "balanced brackets": lambda length: "[" * (length // 2) + "]" * (length // 2),
    "links": filled("[a]("),
    "images": filled("![a]("),
    "link titles": filled('[a](b "'),
    "references": filled("[\n"),
    "reference title": lambda length: '[a]: b "' + filled("\n a")(length - 8),
    "emphasis": filled("**a *b "),
    "nested emphasis": lambda length: "*_" * (length // 4) + "a" + "_*" * (length // 4),
    "backticks": lambda length: " ".join("`" * n for n in range(1, int((2 * length) ** 0.5))),
    "quotes": filled(">"),
    "quotes in lists": filled("- > - > a\n"),
    "lists": filled("- "),
    "table": lambda length: f"{'|a' * 200}|\n{'|-' * 200}|\n" + filled("|\n")(length - 802),
    "wide table": lambda length: (
        f"{'a|' * (length // 5)}\n{'-|' * (length // 5)}\n" + filled("|\n")(length // 6)
    ),
    "cdata": filled("<![CDATA["),
    "autolinks": filled("<a:b "),
    "backslashes": filled("\\"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("length", [RATIONALE_LENGTH, 2**20])
def test_hostile_text_takes_little_time(name: str, length: int) -> None:
    text = HOSTILE[name](length)
    before = process_time()
    rendered(text)
    assert process_time() - before < MOST_SECONDS


def test_what_would_take_long_is_shown_as_escaped_text() -> None:
    html = rendered("[" * 5_000 + "<script>alert(1)</script>")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "vbscript:x", "data:text/html,<b>", "file:///x"],
)
def test_addresses_that_run_something_are_no_links(address: str) -> None:
    assert "href" not in rendered(f"[a]({address})")
    assert "href" not in rendered(f"[a]: {address}\n\n[a]")


def test_tables_lists_and_links_of_usual_size_are_rendered() -> None:
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 100
    html = rendered(f"# Why\n\n{table}\n- [docs](https://example.org)\n  - *deep*\n")
    assert html.count("<tr>") == 101
    assert '<a href="https://example.org">docs</a>' in html
    assert "<em>deep</em>" in html
