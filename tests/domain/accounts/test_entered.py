"""Settings come back from a form as they went in, and what is wrong is said at its field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts.declared import Section, Setting, SettingKind, Way, WaysSetting, field_at
from domain.accounts.entered import OTHERS, Entered, collected, shown

SECTIONS = (
    Section(
        title="All",
        items=(
            Setting(key="vpc", label="VPC"),
            Setting(key="disk.size", label="Size", kind=SettingKind.NUMBER),
            Setting(key="disk.safe", label="Encrypted", kind=SettingKind.SWITCH),
            Setting(key="disk.type", label="Type", kind=SettingKind.CHOICE, choices=("gp3", "io2")),
            Setting(key="groups", label="Groups", kind=SettingKind.LINES),
            Setting(key="tags", label="Tags", kind=SettingKind.ROWS),
            Setting(
                key="subnets",
                label="Subnets",
                kind=SettingKind.ROWS,
                columns=("Zone", "Subnet"),
                needs_value=True,
            ),
            WaysSetting(
                key="image",
                label="Image",
                ways=(
                    Way(name="default", label="Default"),
                    Way(name="id", label="ID", settings=(Setting(key="image.id", label="ID"),)),
                    Way(
                        name="newest",
                        label="Newest",
                        settings=(
                            Setting(key="image.owner", label="Owner"),
                            Setting(key="image.name", label="Name"),
                        ),
                    ),
                ),
            ),
        ),
    ),
)
ALL: dict[str, Any] = {
    "vpc": "vpc-1",
    "disk": {"size": 200, "safe": False, "type": "gp3"},
    "groups": ["sg-1", "sg-2"],
    "tags": {"team.a": "x", "empty": ""},
    "subnets": {"z1": "s1", "z2": "s2"},
    "image": {"owner": "self", "name": "ray-*"},
}
STRANGE: list[dict[str, Any]] = [
    {"unknown": 1},
    {"vpc": 5},
    {"vpc": " vpc-1 "},
    {"disk": {"size": "200", "more": [1]}},
    {"disk": {"size": True}},
    {"disk": "big"},
    {"disk": {"type": "floppy"}},
    {"groups": "sg-1"},
    {"groups": ["a b", "c"]},
    {"groups": ["a", "a"]},
    {"tags": ["x"]},
    {"tags": {"x": 1}},
    {"image": {"id": "ami-1", "kind": "x"}},
    {"image": "ami-1"},
]


def back(values: dict[str, Any]) -> dict[str, Any]:
    found = collected(SECTIONS, shown(SECTIONS, values))
    assert found.errors == []
    return found.values


def test_every_kind_of_setting_comes_back() -> None:
    entered = shown(SECTIONS, ALL)
    assert entered.others == ""
    assert entered.texts["disk.size"] == "200"
    assert entered.texts["disk.safe"] == "no"
    assert entered.texts["groups"] == "sg-1\nsg-2"
    assert entered.ways == {"image": "newest"}
    assert back(ALL) == ALL


@pytest.mark.parametrize("values", STRANGE)
def test_what_no_field_shows_is_kept(values: dict[str, Any]) -> None:
    assert shown(SECTIONS, values).others
    assert back(values) == values
    assert back(ALL | values) == ALL | values


_JSON = st.recursive(
    st.integers() | st.text(max_size=5) | st.booleans() | st.just("sg-1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "owner", "size", "type", "a", "a.b"]), inner)
    ),
)


@given(st.dictionaries(st.sampled_from([*ALL, "else"]), _JSON))
def test_nothing_but_what_is_empty_is_lost(values: dict[str, Any]) -> None:
    def full(one: Any) -> Any:
        if isinstance(one, dict):
            found = {key: full(value) for key, value in one.items()}
            return {key: value for key, value in found.items() if value not in ("", [], {})}
        return one

    found = collected(SECTIONS, shown(SECTIONS, values))
    kept = full(found.values)
    if isinstance(values.get("image"), dict):  # of two ways at the same time, one is kept
        kept.pop("image", None), values.pop("image")
    assert kept == full(values)


def test_nothing_entered_is_no_setting() -> None:
    assert back({"vpc": "", "groups": [], "tags": {}}) == {}
    assert shown(SECTIONS, {"vpc": "", "groups": [], "tags": {}}).others == ""


def test_only_the_chosen_way_is_taken() -> None:
    texts = {"image.id": "ami-1", "image.owner": "self", "image.name": "x"}
    for way, wanted in (
        ("default", {}),
        ("id", {"image": {"id": "ami-1"}}),
        ("newest", {"image": {"owner": "self", "name": "x"}}),
    ):
        found = collected(SECTIONS, Entered(texts=texts, ways={"image": way}))
        assert (found.values, found.errors) == (wanted, [])


@pytest.mark.parametrize(
    ("entered", "field", "words"),
    [
        (Entered(texts={"disk.size": "big"}), "disk.size", "'big' is not a whole number"),
        (Entered(texts={"disk.size": "9" * 5000}), "disk.size", "is not a whole number"),
        (Entered(ways={"image": "id"}), "image.id", "ID is empty. Enter one."),
        (Entered(rows={"tags": [("", "x")]}), "tags", "The row with 'x' has no key"),
        (Entered(rows={"tags": [("a", "x"), (" a", "")]}), "tags", "'a' is there twice"),
        (Entered(rows={"subnets": [("z1", " ")]}), "subnets", "'z1' has no subnet"),
        (Entered(others="{"), OTHERS, "This is not JSON"),
        (Entered(others="[1]"), OTHERS, "Enter a JSON object"),
        (Entered(others='{"vpc": 1}', texts={"vpc": "v"}), OTHERS, "'vpc' has a field of its own"),
        (Entered(others='{"disk": 1}', texts={"disk.size": "1"}), OTHERS, "'disk' has a field"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(entered: Entered, field: str, words: str) -> None:
    (wrong,) = collected(SECTIONS, entered).errors
    assert wrong[0] == field
    assert words in wrong[1]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("vpc", "vpc"),
        ("groups.0", "groups"),
        ("tags.team.a", "tags"),
        ("image", "image"),
        ("image.id", "image.id"),
        ("disk.more", ""),
        ("vpcs", ""),
    ],
)
def test_a_path_has_its_field(path: str, key: str) -> None:
    assert field_at(SECTIONS, path) == key


def test_others_are_readable() -> None:
    assert json.loads(shown(SECTIONS, {"b": {"c": 1}, "a": 2}).others) == {"a": 2, "b": {"c": 1}}
