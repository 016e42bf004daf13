"""A text is changed in the pieces that say something else; all others stay letter by letter."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.configuration.spec import ComputeConfig
from domain.yaml import text as text_module
from domain.yaml.piece_edit import edited_in_pieces
from domain.yaml.text import parse, update_text

TEXT = """\
# Above all.
cloud: local   # which
head_node:
    instance_type: small # four spaces

worker_nodes:
  # The first.
  - name: cpu
    instance_type: small  # cheap
    max_nodes: 4
    labels: {stage: a}   # a mapping

  # The second.
  - {name: gpu, instance_type: large, max_nodes: 0x8}
  - name: more
    instance_type: "small"
    # Below.
# Limits.
max_resources: {CPU: 64}   # of all

mobula:
  idle_minutes: 30  # half an hour
  # The end.
"""
FLUSH = """\
worker_nodes:
- name: cpu
  instance_type: small  # cheap
- name: gpu
  instance_type: large
# Last.
mobula: {idle_minutes: 5}"""

_of_group = st.sampled_from([
    {"max_nodes": 7}, {"min_nodes": 2}, {"name": "other"}, {"labels": {"a": "b"}}, {"labels": {}},
    {"resources": {"slots": 2}}, {"instance_type": "large"}, {"market_type": "SPOT"},
    {"advanced_instance_config": {"SubnetId": "a"}},
])  # fmt: skip
_of_config = st.sampled_from([
    {"zones": ("a", "b")}, {"max_resources": {"CPU": 8, "GPU": 1}}, {"max_resources": {}},
    {"min_resources": {"CPU": 1}}, {"cloud": "other"}, {"cloud": None}, {"flags": {"x": [1, 2]}},
    {"mobula": {"idle_minutes": 7}}, {"mobula": {"idle_minutes": 30, "max_nodes": 3}},
    {"head_node": {"instance_type": "large", "labels": {"a": "b"}}},
])  # fmt: skip


def changed(config: ComputeConfig, groups: dict[int, Any], rest: Any, *, adds: int) -> Any:
    values = config.model_dump()
    values["worker_nodes"] = list(values["worker_nodes"])
    for place, change in groups.items():
        values["worker_nodes"][place % len(config.groups)] |= change
    values["worker_nodes"] += [{"name": f"new-{n}", "instance_type": "small"} for n in range(adds)]
    return ComputeConfig.model_validate(values | rest)


def comments(text: str) -> list[str]:
    """The comments that have lines of their own."""
    return re.findall(r"^ *#.*", text, re.MULTILINE)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([TEXT, FLUSH]),
    st.dictionaries(st.integers(0, 2), _of_group, max_size=2),
    st.just({}) | _of_config,
    st.integers(0, 2),
)
def test_every_edit_says_the_new_configuration_with_all_comments(
    text: str, groups: dict[int, Any], rest: Any, adds: int
) -> None:
    was = parse(text).draft
    assert was is not None
    now = changed(was, groups, rest, adds=adds)
    updated = update_text(text, now)
    assert parse(updated).draft == now
    piece = edited_in_pieces(text, was, now)
    if piece is not None and parse(piece).draft == now:
        assert comments(piece) == comments(text)


def test_pieces_that_did_not_change_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "edited", lambda *_: pytest.fail("seen as a whole"))
    was = parse(TEXT).draft
    assert was is not None
    now = changed(was, {0: {"resources": {"slots": 2}}}, {"zones": ("a",)}, adds=1)
    lines = update_text(TEXT, now).splitlines()
    assert [line for line in TEXT.splitlines() if line not in lines] == []
    assert [line for line in lines if line not in TEXT.splitlines()] == [
        *("    resources:", "      slots: 2"),
        *("  - name: new-0", "    instance_type: small", "zones:", "  - a"),
    ]


def test_a_text_without_an_end_of_line_goes_on_below_it() -> None:
    was = parse(FLUSH).draft
    assert was is not None
    updated = update_text(FLUSH, was.replace(zones=("a",)))
    assert updated == f"{FLUSH}\nzones:\n- a\n"
