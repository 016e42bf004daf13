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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("-1", "DAYS is -1; use a number of days from 7 to 36500, or 0 to keep them indefinitely"),
        ("6", "from 7 to 36500"),
        ("36501", "from 7 to 36500"),
        ("a week", "use a whole number"),
        ("", "use a whole number"),
    ],
)
def test_days_without_sense_are_refused(
    monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    monkeypatch.setenv("DAYS", text)
    with pytest.raises(ImproperlyConfigured, match=why):
        env.days("DAYS", default=30, least=7)


def test_0_days_are_indefinitely_where_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYS", "0")
    assert env.days("DAYS", default=30) == 0
    with pytest.raises(ImproperlyConfigured, match=r"from 1 to 36500\."):
        env.days("DAYS", default=30, forever=False)


def test_number_below_its_least_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIB", "15")
    with pytest.raises(ImproperlyConfigured, match="MIB is 15; use at least 16"):
        env.number("MIB", default=1024, least=16)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("", ""),
        ("https://*.Labs.example.org/", "https://*.labs.example.org"),
        ("https://*.labs.example.org:443", "https://*.labs.example.org"),
        ("http://labs.example.org:80", "http://labs.example.org"),
        ("http://*.localhost:8001", "http://*.localhost:8001"),
        ("https://labs.example.org:80", "https://labs.example.org:80"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(
    monkeypatch: pytest.MonkeyPatch, text: str, origin: str
) -> None:
    monkeypatch.setenv("ORIGIN", text)
    assert env.other_origin("ORIGIN", than="https://mobula.example.org") == origin


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("labs.example.org", "use an origin"),
        ("ftp://labs.example.org", "use an origin"),
        ("https://labs.*.example.org", "use an origin"),
        ("https://labs.example.org/path", "use an origin"),
        ("https://user@labs.example.org", "use an origin"),
        ("https://labs.example.org:many", "use an origin"),
        ("https://Mobula.example.org:8443", "names the host of MOBULA_URL"),
    ],
)
def test_an_origin_without_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    monkeypatch.setenv("ORIGIN", text)
    with pytest.raises(ImproperlyConfigured, match=why):
        env.other_origin("ORIGIN", than="https://mobula.example.org")
