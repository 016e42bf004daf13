"""Settings of several numbers: what is left out stays, what makes no sense is refused in words."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from mobula import env

DEFAULT = {"node": 1.0, "task": 1.0, "actor": 2.0}


def test_weights_change_what_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.weights("WEIGHTS", default=DEFAULT) == DEFAULT
    monkeypatch.setenv("WEIGHTS", "actor=10, task=0.5")
    assert env.weights("WEIGHTS", default=DEFAULT) == {"node": 1, "task": 0.5, "actor": 10}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("actors=1", "accepts only node, task, actor"),
        ("actor", "'actor' is not NAME=NUMBER"),
        ("actor=many", "is not NAME=NUMBER"),
        ("node=0", "node must be greater than 0"),
        ("task=inf", "infinite"),
        ("task=-1", "negative"),
    ],
)
def test_weights_without_sense_are_refused(
    monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    monkeypatch.setenv("WEIGHTS", text)
    with pytest.raises(ImproperlyConfigured, match=why):
        env.weights("WEIGHTS", default=DEFAULT)


def test_a_choice_is_one_of_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.choice("CHOICE", options=("host", "off")) == "host"
    monkeypatch.setenv("CHOICE", "off")
    assert env.choice("CHOICE", options=("host", "off")) == "off"
    monkeypatch.setenv("CHOICE", "always")
    with pytest.raises(ImproperlyConfigured, match="'always'; use one of: host, off"):
        env.choice("CHOICE", options=("host", "off"))
