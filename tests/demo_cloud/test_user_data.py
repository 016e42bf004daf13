"""A demo machine reads the same user data as a real one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.lifecycle import NodeRole
from domain.offerings import Market
from mobula.demo_cloud.user_data import OBJECT_STORE_BYTES, UnusableUserData, read_user_data
from providers.bootstrap.node import BootNode
from providers.bootstrap.user_data import user_data
from tests.providers.bootstrap.nodes import HEAD, VARIATIONS, WORKER

STORE = {"object_store_memory": float(OBJECT_STORE_BYTES)}


@pytest.mark.parametrize("node", VARIATIONS.values(), ids=VARIATIONS)
def test_every_variation_is_read_as_it_was_written(node: BootNode) -> None:
    told = read_user_data(user_data(node))
    assert (told.url, told.join_token) == (node.url.rstrip("/"), node.join_token)
    assert (told.role, told.group, told.image) == (node.role, node.group, node.image)
    assert told.is_spot is (node.market is Market.SPOT)
    assert told.resources == {**node.resources, **STORE}
    assert told.labels == node.labels


def test_labels_and_resources_with_blanks_and_quotes_survive() -> None:
    node = replace(
        WORKER,
        group='it\'s "one"',
        resources={"CPU": 3.0, "memory": 2.0**31, "a 'disk'": 1.5},
        labels={"team": "r d", "why": "it's so"},
    )
    told = read_user_data(user_data(node))
    assert told.group == node.group
    assert told.resources == {**node.resources, **STORE}
    assert told.labels == node.labels


def test_head_and_worker_are_told_apart() -> None:
    assert read_user_data(user_data(HEAD)).role is NodeRole.HEAD
    assert read_user_data(user_data(WORKER)).role is NodeRole.WORKER


@pytest.mark.parametrize(
    "text", ["", "#!/bin/sh\necho", "#cloud-config\nwrite_files: []\n", "{", "write_files: 3"]
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(UnusableUserData, match="not that of a node"):
        read_user_data(text)
