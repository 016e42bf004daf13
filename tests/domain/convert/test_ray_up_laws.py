"""Every key of any `ray up` file is carried over or named."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.convert import Format, imported
from domain.convert.launcher.account import says_something
from domain.problems import Loc, path_of
from domain.yaml.text import dump
from domain.yaml.writing import dump_value
from tests.domain.configurations import EXAMPLES

names = st.text("abcdefgh", min_size=3, max_size=6).map(lambda word: f"word-{word}")
node_config_keys = st.sampled_from([
    "ImageId", "SubnetIds", "SubnetId", "KeyName", "UserData", "IamInstanceProfile", "disks",
    "metadata", "scheduling", "InstanceMarketOptions", "guestAccelerators", "labels", "anything",
])  # fmt: skip
values = st.recursive(
    names, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2)
)
spots = st.sampled_from([
    {}, {"scheduling": [{"preemptible": True}, {"automaticRestart": "word-restart"}]},
    {"InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": "word-price"}}},
    {"disks": [{"initializeParams": {"sourceImage": "word-image", "diskType": "word-disk"}}]},
    {"metadata": {"items": [{"key": "user-data", "value": "word-user"}, {"key": "word-key"}]}},
])  # fmt: skip
node_keys = st.sampled_from([
    "docker", "priority", "worker_setup_commands", "initialization_commands", "unknown",
])  # fmt: skip
node_types = st.fixed_dictionaries(
    {
        "node_config": st.builds(
            lambda some, more: {"InstanceType": "m5.large", **some, **more},
            st.dictionaries(node_config_keys, values, max_size=4),
            spots,
        ),
    },
    optional={
        "resources": st.dictionaries(names, st.integers(1, 9), max_size=2),
        "labels": st.dictionaries(names, names, max_size=2),
        "min_workers": st.integers(0, 3),
        "max_workers": st.integers(0, 3),
    },
).flatmap(lambda node: st.dictionaries(node_keys, values, max_size=3).map(lambda d: {**d, **node}))
top_keys = st.sampled_from([
    "docker", "auth", "file_mounts", "setup_commands", "upscaling_speed", "head_node",
    "worker_nodes", "initial_workers", "something",
])  # fmt: skip
files = st.builds(
    lambda top, types, kind, place, most: {
        **top, "provider": {**place, "type": kind}, "max_workers": most,
        "available_node_types": types, "head_node_type": "a",
    },
    st.dictionaries(top_keys, values, max_size=4),
    st.fixed_dictionaries({"a": node_types}, optional={"b": node_types, "c": node_types}),
    st.sampled_from(["aws", "gcp", "local"]),
    st.dictionaries(names, values, max_size=2),
    st.integers(0, 9),
)  # fmt: skip


def said(value: Any, loc: Loc = ()) -> Iterator[tuple[str, str]]:
    """Every word of a file, as a value or as a key, with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key.startswith("word") and says_something(item):
                yield key, path_of((*loc, key))
            yield from said(item, (*loc, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from said(item, (*loc, index))
    elif isinstance(value, str) and value.startswith("word"):
        yield value, path_of(loc)


@EXAMPLES
@given(files)
def test_every_key_is_carried_over_or_named(file: dict[str, Any]) -> None:
    found = imported(dump_value(file), Format.RAY_UP)
    carried = dump(found.config) if found.config else ""
    carried += " ".join(found.notes.values())
    named = [loss.path for loss in found.losses] + [problem.path for problem in found.problems]
    words = " ".join([loss.why for loss in found.losses] + [p.path for p in found.problems])
    for word, path in said(file):
        is_named = word in words or any(is_below(path, other) for other in named)
        assert word in carried or is_named, (path, named)


@EXAMPLES
@given(files)
def test_nothing_is_named_that_the_file_does_not_say(file: dict[str, Any]) -> None:
    found = imported(dump_value(file), Format.RAY_UP)
    assert len({(loss.path, loss.why) for loss in found.losses}) == len(found.losses)
    for loss in found.losses:
        top = loss.path.partition(".")[0].partition("[")[0]
        assert top in file, loss


def is_below(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}["))
