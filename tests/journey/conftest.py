"""A real installation with workers and real Ray nodes, and three people in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import chromium, patience
from tests.e2e.stack import Console, console
from tests.journey.people import Person, make_people, sign_in

__all__ = ["chromium", "patience"]


@dataclass(frozen=True, slots=True)
class People:
    """Alice edits templates, Lea leads the team, Carl operates its clusters."""

    alice: Person
    lea: Person
    carl: Person

    def complaints(self) -> list[str]:
        """Return what the windows complained about: console, exceptions, policy."""
        return [
            f"{person.name}: {words}"
            for person in (self.alice, self.lea, self.carl)
            for words in person.visit.complaints()
        ]


@pytest.fixture(scope="module")
def mobula() -> Iterator[Console]:
    """A running installation."""
    with console() as running:
        yield running


@pytest.fixture(scope="module")
def people(mobula: Console, chromium: Browser) -> Iterator[People]:
    """The three, signed in."""
    roles = {"Alice": "engineer", "Lea": "admin", "Carl": "engineer"}
    make_people(mobula, roles)
    signed_in = [sign_in(chromium, mobula, name) for name in roles]
    yield People(*signed_in)
    for person in signed_in:
        person.page.context.close()
        person.console.http.close()
