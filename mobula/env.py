"""Settings from the environment, refused with a message when they are not valid."""

import ipaddress
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from mobula.keys import weakness

MOST_DAYS = 36_500


def text(name: str, default: str | None = None) -> str:
    """Return the variable `name`; without a default it is required."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}; see docs/settings.md.")
    return value


def secret(name: str) -> str:
    """Return the key in the variable `name`, which must be long and random."""
    value = text(name)
    if reason := weakness(value):
        raise ImproperlyConfigured(f"{name} {reason}")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return True or False for the variable `name`, which must say 'true' or 'false'."""
    value = os.environ.get(name, str(default)).lower()
    if value not in {"true", "false"}:
        raise ImproperlyConfigured(f"{name} is '{value}'; use 'true' or 'false'.")
    return value == "true"


def choice(name: str, *, options: Sequence[str]) -> str:
    """Return the variable `name`, which must be one of `options`; by default the first."""
    value = os.environ.get(name) or options[0]
    if value not in options:
        raise ImproperlyConfigured(f"{name} is '{value}'; use one of: {', '.join(options)}.")
    return value


def number(name: str, *, default: int, least: int | None = None) -> int:
    """Return the whole number in the variable `name`, which is not below `least`."""
    value = os.environ.get(name, str(default))
    try:
        count = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is '{value}'; use a whole number.") from None
    if least is not None and count < least:
        raise ImproperlyConfigured(f"{name} is {count}; use at least {least}.")
    return count


def days(name: str, *, default: int, least: int = 1, forever: bool = True) -> int:
    """Return the number of days in the variable `name`; 0 is indefinitely, where it is allowed."""
    count = number(name, default=default)
    if (forever and count == 0) or least <= count <= MOST_DAYS:
        return count
    or_forever = ", or 0 to keep them indefinitely" if forever else ""
    raise ImproperlyConfigured(
        f"{name} is {count}; use a number of days from {least} to {MOST_DAYS}{or_forever}."
    )


def words(name: str, default: str = "") -> list[str]:
    """Return the comma-separated words in the variable `name`."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def credentials(name: str) -> dict[str, str]:
    """Return `USER:PASSWORD` by host from words such as `github.com=USER:TOKEN`.

    The message for a wrong one does not repeat it.
    """
    found = {}
    for place, word in enumerate(words(name), start=1):
        host, _, pair = word.partition("=")
        if not host or not pair.partition(":")[0] or not pair.partition(":")[2]:
            raise ImproperlyConfigured(f"{name}: word {place} is not HOST=USER:PASSWORD.")
        found[host.lower()] = pair
    return found


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the comma-separated IP addresses and networks in the variable `name`."""
    try:
        return [ipaddress.ip_network(word) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}: {error}; use addresses such as 10.0.0.5 and networks such as 10.0.0.0/24."
        ) from None


def weights(name: str, *, default: dict[str, float]) -> dict[str, float]:
    """Return the default with what the variable `name` changes of it, such as `task=1,actor=2`.

    The first one must be more than 0.
    """
    numbers = dict(default)
    for word in words(name):
        key, _, value = word.partition("=")
        try:
            numbers[key.strip()] = float(value)
        except ValueError:
            raise ImproperlyConfigured(f"{name}: '{word}' is not NAME=NUMBER.") from None
    if numbers.keys() != default.keys():
        raise ImproperlyConfigured(f"{name} accepts only {', '.join(default)}.")
    first = next(iter(default))
    if numbers[first] <= 0 or not all(0 <= number < math.inf for number in numbers.values()):
        raise ImproperlyConfigured(
            f"{name}: {first} must be greater than 0, and no value negative or infinite."
        )
    return numbers


def path(name: str, default: Path) -> Path:
    """Return the absolute path in the variable `name`."""
    return Path(os.environ.get(name) or default).expanduser().resolve()


def database(name: str) -> dict[str, Any]:
    """Return Django's database settings for the postgresql:// URL in the variable `name`."""
    parts = urlsplit(text(name))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must be a postgresql:// URL, not {parts.scheme}://.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "mobula",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "OPTIONS": query,
    }


def mailer(name: str) -> dict[str, Any]:
    """Return Django's mailer for the smtp:// or smtps:// URL in the variable `name`.

    smtp:// begins in plain text and switches to TLS unless it ends with `?tls=no`; smtps:// uses
    TLS from the first byte. Without a URL, messages are printed to the log of the worker.
    """
    address = text(name, "")
    if not address:
        return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(address)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must be an smtp:// or smtps:// URL with a host, not {parts.scheme}://."
        )
    query = parse_qs(parts.query)
    is_plain = query.get("tls", [""])[-1] == "no"
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or (465 if parts.scheme == "smtps" else 587),
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_ssl": parts.scheme == "smtps",
            "use_tls": parts.scheme == "smtp" and not is_plain,
            "timeout": 10,
        },
    }


def cookies(*names: str, secure: bool) -> tuple[str, ...]:
    """Return the names that cookies have over HTTPS, or without it.

    A cookie of a name with `__Host-` is set by its own host alone. Without it, a page of any host
    below the same domain could set one for all of them: notebooks of workspaces are such pages.
    """
    return tuple(f"__Host-{name}" for name in names) if secure else names


def other_origin(name: str, *, than: str) -> str:
    """Return the origin in the variable `name`, of another host than `than`; "" where it is empty.

    Its host may begin with `*.`, for a host of each workspace's own. Like a browser, this leaves
    the port of the scheme out and writes the host in lower case.
    """
    value = os.environ.get(name, "").rstrip("/")
    if not value:
        return ""
    parts = urlsplit(value)
    host = (parts.hostname or "").removeprefix("*.")
    is_origin = not (parts.path or parts.query or parts.fragment or parts.username)
    is_origin = is_origin and _has_port_or_none(parts)
    if parts.scheme not in {"http", "https"} or not host or "*" in host or not is_origin:
        raise ImproperlyConfigured(
            f"{name} is '{value}'; use an origin such as https://*.workspaces.example.org."
        )
    if parts.hostname == urlsplit(than).hostname:
        raise ImproperlyConfigured(
            f"{name} names the host of MOBULA_URL: browsers would send Mobula's cookies to "
            "JupyterLab. Use another host, such as https://*.workspaces.example.org."
        )
    usual = ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"


def _has_port_or_none(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
