"""What the settings make of HTTPS: secure cookies, and how long browsers insist on it."""

import runpy
from pathlib import Path
from typing import Any

import pytest

SETTINGS = Path(__file__).parents[2] / "mobula" / "settings.py"


def settings_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    """Return the settings that these environment variables make."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(SETTINGS))


def hsts(settings: dict[str, Any]) -> tuple[int, bool, bool]:
    """Return for how long, with subdomains, and with the browsers' list."""
    return (
        settings["SECURE_HSTS_SECONDS"],
        settings["SECURE_HSTS_INCLUDE_SUBDOMAINS"],
        settings["SECURE_HSTS_PRELOAD"],
    )


YEAR = 31_536_000


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("", (YEAR, False, False)),
        ("host", (YEAR, False, False)),
        ("off", (0, False, False)),
        ("subdomains", (YEAR, True, False)),
        ("preload", (YEAR, True, True)),
    ],
)
def test_hsts_is_the_owners_choice(
    monkeypatch: pytest.MonkeyPatch, choice: str, expected: tuple[int, bool, bool]
) -> None:
    settings = settings_with(
        monkeypatch, MOBULA_URL="https://mobula.example.org", MOBULA_HSTS=choice
    )
    assert hsts(settings) == expected


def test_https_makes_cookies_secure_and_http_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    secure = settings_with(monkeypatch, MOBULA_URL="https://mobula.example.org")
    assert secure["SESSION_COOKIE_SECURE"]
    assert secure["CSRF_COOKIE_SECURE"]
    assert secure["SECURE_SSL_REDIRECT"]
    assert secure["SESSION_COOKIE_NAME"] == "__Host-mobula-session"
    assert secure["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    plain = settings_with(monkeypatch, MOBULA_URL="http://127.0.0.1:8000", MOBULA_HSTS="preload")
    assert not plain["SESSION_COOKIE_SECURE"]
    assert (plain["SESSION_COOKIE_NAME"], plain["CSRF_COOKIE_NAME"]) == (
        "mobula-session",
        "csrftoken",
    )
    assert not plain["SECURE_SSL_REDIRECT"]
    assert hsts(plain) == (0, False, False)
