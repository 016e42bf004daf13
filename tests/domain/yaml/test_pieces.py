"""A text that is read in pieces says what it says when it is read as a whole."""

from __future__ import annotations

from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.yaml import pieces
from domain.yaml.memory import Memory
from domain.yaml.pieces import read_in_pieces
from domain.yaml.tree import Tree, read
from tests.domain.configurations import GPU_WITH_FALLBACK, SCALED

ODDLY_LAID_OUT = """\
# Lists that begin below their key, texts of several lines.
a: |
  x


b: >+
  y

c: 'one
  two'
worker_nodes:
- name: a
  x: |
    t

- b

# between
- - 1
  - {a: 1,
     b: 2}
-
  k: v
mobula:
  - consolidation: off
"""
TEXTS = (SCALED, GPU_WITH_FALLBACK, "---\n" + SCALED, ODDLY_LAID_OUT)
WORDS = (
    *("", " ", "\n", "\t", "\x00", "\ufeff", "\u2028", "\r", "'", '"', ":", ": ", "- ", "#", "---"),
    *("&a ", "*a", "<<: *a", "!tag ", "!!str ", "%YAML 9", "{", "}", "[", "]", "|\n", ">-\n", "?"),
    *("\n- ", "\n  - ", "\nfoo: ", "\n# c\n", "\n\n", "  ", "\n---\n", "a: 1\n", "true: 1\n"),
    *("? a\n: b\n", "\n  x", "1e999", "2026-01-01", "yes", "worker_nodes:", "mobula:", "name:"),
)
edits = st.lists(
    st.tuples(st.integers(0, 2_000), st.integers(0, 9), st.sampled_from(WORDS)), max_size=3
)


def edited(text: str, changes: list[tuple[int, int, str]]) -> str:
    for place, length, word in changes:
        start = place % (len(text) + 1)
        text = text[:start] + word + text[start + length :]
    return text


def shown(tree: Tree) -> tuple[object, ...]:
    """All of the tree, with the order of its keys and places; NaN is like NaN."""
    return repr(tree), list(tree.marks)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TEXTS), edits)
def test_read_in_pieces_is_as_read_as_a_whole(
    text: str, changes: list[tuple[int, int, str]]
) -> None:
    text = edited(text, changes)
    assert shown(read_in_pieces(text)) == shown(read(text))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_in_pieces_unless_it_has_to_be_read_as_a_whole(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "read", lambda _: pytest.fail("read as a whole"))
    assert read_in_pieces(text).is_complete


def test_after_an_edit_one_piece_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in_pieces(SCALED)
    texts: list[str] = []
    events_of = pieces.events_of
    monkeypatch.setattr(pieces, "events_of", lambda text: (texts.append(text), events_of(text))[1])
    changed = SCALED.replace("max_nodes: ", "max_nodes: 1", 1)
    assert changed != SCALED
    read_in_pieces(changed)
    assert len(texts) == 1
    assert texts[0].count("max_nodes: 1") == 1
    read_in_pieces("# A line that moves all others.\n" + changed)
    assert len(texts) == 2  # the first piece, which has what stands above it


def test_an_anchor_in_another_piece_is_found() -> None:
    tree = read_in_pieces("min_resources: &a {CPU: 1}\nmax_resources: *a\n")
    assert tree.value == {"min_resources": {"CPU": 1}, "max_resources": {"CPU": 1}}
    assert not tree.problems


def test_memory_holds_no_more_than_it_may_and_drops_what_was_not_asked_for() -> None:
    memory: Memory[str] = Memory(10, weigh=len)
    assert memory.get("a", lambda: "aaaa") == "aaaa"
    assert memory.get("b", lambda: "bbbb") == "bbbb"
    assert memory.get("a", lambda: "never") == "aaaa"
    memory.get("c", lambda: "cccc")
    assert memory.weight == 8
    assert memory.get("a", lambda: "never") == "aaaa"
    assert memory.get("b", lambda: "again") == "again"
    assert memory.get("too large", lambda: 11 * "x") == 11 * "x"
    assert len(memory) == memory.weight == 0


def test_threads_share_a_memory() -> None:
    memory: Memory[list[int]] = Memory(50)

    def ask() -> None:
        for number in range(2_000):
            assert memory.get(number % 97, lambda n=number: [n % 97]) == [number % 97]

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.weight == len(memory) == 50
