import inspect
import re
from pathlib import Path

import pytest

from domain.events import EventKind

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
COMMENTS = dict(re.findall(r'= "([\w.]+)"  # (.+)', inspect.getsource(EventKind)))


@pytest.mark.parametrize("kind", EventKind)
def test_the_page_says_when_each_kind_happens_and_its_fields(kind: EventKind) -> None:
    comment = COMMENTS[kind]
    row = f"| `{kind}` | {comment[0].upper()}{comment[1:]}. | "
    assert re.search(rf"^{re.escape(row)}\S", PAGE, re.MULTILINE)


def test_the_page_lists_the_kinds_in_their_order_and_no_other() -> None:
    assert re.findall(r"^\| `([\w.]+)` \|", PAGE, re.MULTILINE) == [*EventKind]


@pytest.mark.parametrize("kind", EventKind)
def test_a_kind_is_a_subject_and_what_happened_to_it(kind: EventKind) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", kind)
