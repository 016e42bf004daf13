"""What was installed, as lines of requirements."""

from __future__ import annotations

import pytest

from domain.images.captured import Captured, chosen_from, with_captured


def package(name: str = "tiny", version: str = "1.0", **more: str) -> Captured:
    return Captured(name=name, version=version, **more)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "tiny==1.0\n"),
        ("ray==2.60.0", "ray==2.60.0\ntiny==1.0\n"),
        ("tiny==0.9\nray==2.60.0\n\n\n", "ray==2.60.0\ntiny==1.0\n"),
        ("Tiny[extra]>=0.5 ; python_version>'3'\n", "tiny==1.0\n"),
        ("tiny-more==1\n# tiny\n", "tiny-more==1\n# tiny\ntiny==1.0\n"),
        (
            "--index-url https://x.example/simple\n",
            "--index-url https://x.example/simple\ntiny==1.0\n",
        ),
    ],
)
def test_a_package_takes_the_place_of_what_named_it(before: str, after: str) -> None:
    assert with_captured(before, [package()]) == after


def test_names_are_compared_as_pip_does() -> None:
    found = [package("Foo.Bar"), package("baz")]
    assert chosen_from(found, ["foo-bar", "nosuch"]) == found[:1]
    assert with_captured("foo_bar==1\n", found[:1]) == "Foo.Bar==1.0\n"


@pytest.mark.parametrize(
    ("one", "word", "can"),
    [
        (package(), "", True),
        (package(version="1.0+local"), "local version", True),
        (package(source="file"), "from a file", True),
        (package(source="git.example/x"), "git.example/x", True),
        (package("a b"), "can install", False),
        (package(version="one"), "can install", False),
        (package("-r /etc/passwd"), "can install", False),
        (package(version="1.0\nevil"), "can install", False),
    ],
)
def test_what_an_index_may_not_have_is_doubted(one: Captured, word: str, can: bool) -> None:
    assert word in one.doubt
    assert bool(one.doubt) is bool(word)
    assert one.can_be_built is can
