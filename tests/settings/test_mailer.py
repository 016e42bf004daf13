"""Where mail goes, by one URL."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from mobula import env


def mailer(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, object]:
    monkeypatch.setenv("MOBULA_MAIL_URL", url)
    return env.mailer("MOBULA_MAIL_URL")


def test_without_a_url_messages_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(mailer(monkeypatch, "")["BACKEND"]).endswith("console.EmailBackend")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 587, "", "", False, True)),
        ("smtp://mail.example.org:25/?tls=no", ("mail.example.org", 25, "", "", False, False)),
        (
            "smtps://me:p%40ss@mail.example.org",
            ("mail.example.org", 465, "me", "p@ss", True, False),
        ),
    ],
)
def test_a_url_names_the_server(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[object, ...]
) -> None:
    options = mailer(monkeypatch, url)["OPTIONS"]
    assert isinstance(options, dict)
    names = ("host", "port", "username", "password", "use_ssl", "use_tls")
    assert tuple(options[name] for name in names) == expected
    assert options["timeout"] == 10


@pytest.mark.parametrize("url", ["http://mail.example.org", "smtp://", "mail.example.org:25"])
def test_another_url_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MOBULA_MAIL_URL must be an smtp://"):
        mailer(monkeypatch, url)
