"""What differs between two versions of an image: packages and layers."""

from __future__ import annotations

from domain.images.differences import layer_changes, package_changes


def package(name: str, version: str, kind: str = "pip") -> dict[str, str]:
    return {"kind": kind, "name": name, "version": version}


def layer(digest: str, size: int, created_by: str = "") -> dict[str, object]:
    return {"digest": digest, "size": size, "created_by": created_by}


def test_packages_are_added_removed_and_changed() -> None:
    old = [package("ray", "2.50.0"), package("six", "1.16"), package("git", "1:2.39", "apt")]
    new = [package("ray", "2.51.0"), package("git", "1:2.39", "apt"), package("torch", "2.9.0")]
    found = [(one.change.value, one.name, one.old, one.new) for one in package_changes(old, new)]
    assert found == [
        ("changed", "ray", "2.50.0", "2.51.0"),
        ("removed", "six", "1.16", ""),
        ("added", "torch", "", "2.9.0"),
    ]


def test_same_name_of_another_kind_is_another_package() -> None:
    [removed, added] = package_changes([package("git", "1", "apt")], [package("git", "1", "pip")])
    assert (removed.change, removed.kind) == ("removed", "apt")
    assert (added.change, added.kind) == ("added", "pip")


def test_package_that_is_there_twice_names_both_versions() -> None:
    old = [package("numpy", "1.26"), package("numpy", "2.1")]
    [change] = package_changes(old, [package("numpy", "2.1")])
    assert (change.change, change.old, change.new) == ("changed", "1.26, 2.1", "2.1")
    assert package_changes(old, list(reversed(old))) == []


def test_layers_stand_beside_those_of_the_same_step() -> None:
    old = [layer("a", 100, "FROM"), layer("b", 20, "RUN pip"), layer("c", 3, "RUN old")]
    new = [layer("a", 100, "FROM"), layer("x", 50, "RUN pip"), layer("y", 7, "RUN new")]
    found = [(one.change.value, one.old_size, one.new_size) for one in layer_changes(old, new)]
    assert found == [
        ("same", 100, 100),
        ("changed", 20, 50),
        ("removed", 3, None),
        ("added", None, 7),
    ]
    assert [one.difference for one in layer_changes(old, new)] == [0, 30, -3, 7]


def test_layers_without_a_step_are_known_by_their_digest() -> None:
    found = layer_changes([layer("a", 1), layer("b", 2)], [layer("a", 1), layer("c", 2)])
    assert [one.change.value for one in found] == ["same", "removed", "added"]
