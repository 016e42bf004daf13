"""Every address, for everybody, with own and foreign ids: nobody sees what is not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.routes import ANYBODY, ROUTES, SITE, Foreign, Route, Scope
from tests.access.world import FOREIGN, OWN, ROLES, World, writes

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST")
IDS = {
    *("{cluster}", "{job}", "{node}", "{template}", "{draft}", "{member}", "{team}", "{aws}"),
    *("{change}", "{group}", "{place}", "{window}"),
}
# Whoever has the right to do it with own ids: these mix them with another team's.
MIXERS = ("engineer", "admin", "two teams", "site admin")
_CONVERTED = r"<(?:\w+:)?\w+>"


def patterns(resolver: URLResolver, *, below: str = "") -> Iterator[str]:
    """Yield every pattern of the installation as it is written in the files urls.py."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield below + str(entry.pattern)
        else:
            yield from patterns(entry, below=below + str(entry.pattern))


def test_every_address_is_in_the_table() -> None:
    known = set(patterns(get_resolver()))
    missing, gone = sorted(known - ROUTES.keys()), sorted(ROUTES.keys() - known)
    assert not missing, (
        f"These addresses are in no table: {missing}. Add a Route for each to the table of its app "
        "in tests/access/routes.py (its docstring says what each field means), and to "
        "tests/access/world.py each kind of thing whose id it takes."
    )
    assert not gone, f"tests/access/routes.py has addresses that are gone: {gone}. Remove them."


def address(pattern: str, route: Route, words: Mapping[str, str]) -> str:
    """Return the pattern as an address of these things."""
    args = iter(route.args)
    path = re.sub(_CONVERTED, lambda _: next(args).format(**words), pattern)
    assert next(args, None) is None, f"{pattern} has more arguments in the table than in urls.py"
    return f"/{path}"


def filled(fields: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """Return what is posted, or asked for, about these things."""
    return {key: value.format(**words) for key, value in fields.items()}


def send(client: Client, method: str, path: str, route: Route, words: Mapping[str, str]) -> Any:
    """Return the answer to a GET with the query, or to a POST with the body."""
    if method == "GET":
        return client.get(path, filled(route.query, words))
    if path.startswith("/agent/v1/"):
        return client.post(path, {}, content_type="application/json")
    return client.post(path, filled(route.body, words))


def expected(route: Route, method: str, role: str) -> int | str:
    """Return the status that the table promises, or where the answer leads."""
    least = route.get if method == "GET" else route.post
    allowed = route.shown if method == "GET" else route.done
    if role == "anonymous" and route.scope is not Scope.OPEN:
        return "sign-in"
    if method == "GET" and route.get_elsewhere:
        return 302
    if least is None:
        return 405
    if route.scope is Scope.OPEN:
        return (route.anonymous or allowed) if role == "anonymous" else allowed
    if method == "POST" and role == "approver" and route.approver:
        return allowed
    return _by_rank(route, role, least=least, allowed=allowed)


def _by_rank(route: Route, role: str, *, least: int, allowed: int) -> int:
    own, chosen = ROLES[role]
    if route.scope is Scope.AUTHOR:
        return allowed if role == "engineer" else 404
    if route.scope is Scope.OWNED:
        return 404 if own is None else allowed if own >= least else 403
    if route.scope is Scope.CURRENT_TEAM and chosen is None:
        return route.no_team
    rank = chosen if route.scope is Scope.CURRENT_TEAM else (SITE if role == "site admin" else 0)
    return allowed if (rank or ANYBODY) >= least else 403


def words_for(world: World, route: Route, role: str) -> Mapping[str, str]:
    """Return the things that a request names: of the chosen team where it is about that."""
    is_current = route.scope is Scope.CURRENT_TEAM
    return world.words(role) if is_current else world.things[OWN]


CASES = [(pattern, method) for pattern in ROUTES for method in METHODS]


@pytest.mark.parametrize(("pattern", "method"), CASES)
def test_everybody_gets_what_the_table_says(world: World, pattern: str, method: str) -> None:
    wrong = {role: why for role in ROLES if (why := _wrong(world, pattern, method, role))}
    assert not wrong, f"{method} /{pattern}: {wrong}"


def _wrong(world: World, pattern: str, method: str, role: str) -> list[str]:
    """Return what is not as the table says when this person asks; nothing is kept."""
    route = ROUTES[pattern]
    words, wanted = words_for(world, route, role), expected(route, method, role)
    with transaction.atomic():
        before = writes()
        answer = send(world.browser(role), method, address(pattern, route, words), route, words)
        has_written = writes() != before
        transaction.set_rollback(True)
    location = answer.headers.get("Location", "")
    status = "sign-in" if location.startswith("/accounts/sign-in/?") else answer.status_code
    found = [] if status == wanted else [f"{status}, not {wanted}"]
    is_allowed = wanted == route.done if method == "POST" else bool(route.changes_on_get)
    if has_written and not is_allowed:
        found.append("rows were written")
    members = dict.fromkeys(("viewer", "approver", "engineer", "admin"), FOREIGN)
    hidden = {**members, "stranger": OWN}.get(role)
    if hidden and hidden.encode() in answer.content.lower():  # pictures are no text
        found.append(f"shows things of team {hidden}")
    return found


def test_writes_are_noticed(world: World) -> None:
    before = writes()
    route, words = ROUTES["clusters/<uuid:pk>/hold/"], world.things[OWN]
    path = address("clusters/<uuid:pk>/hold/", route, words)
    assert send(world.browser("engineer"), "POST", path, route, words).status_code == 302
    assert writes() > before


WITH_SEVERAL = [
    (pattern, position)
    for pattern, route in ROUTES.items()
    if len(IDS.intersection(route.args)) > 1
    for position, arg in enumerate(route.args)
    if arg in IDS
]


@pytest.mark.parametrize("role", MIXERS)
@pytest.mark.parametrize(("pattern", "position"), WITH_SEVERAL)
def test_ids_of_two_teams_in_one_address(
    world: World, pattern: str, position: int, role: str
) -> None:
    route = ROUTES[pattern]
    args = [arg.format(**world.things[OWN]) for arg in route.args]
    args[position] = route.args[position].format(**world.things[FOREIGN])
    mixed = Route(route.scope, tuple(args), body=route.body, query=route.query)
    before = writes()
    method = "POST" if route.post is not None else "GET"
    path = address(pattern, mixed, {})
    answer = send(world.browser(role, team=OWN), method, path, mixed, world.things[OWN])
    assert answer.status_code == 404
    assert writes() - before <= 1  # the choice of the team


FOREIGN_BODIES = [
    (pattern, item, role)
    for pattern, route in ROUTES.items()
    for item in route.foreign
    for role in MIXERS
    # Whoever sees both teams may choose the other.
    if pattern != "accounts/switch-team/" or role not in {"two teams", "site admin"}
]


@pytest.mark.parametrize(
    ("pattern", "foreign", "role"),
    FOREIGN_BODIES,
    ids=lambda value: str(getattr(value, "fields", value)),
)
def test_foreign_ids_in_the_body(world: World, pattern: str, foreign: Foreign, role: str) -> None:
    route, own = ROUTES[pattern], world.things[OWN]
    body = {**filled(route.body, own), **filled(foreign.fields, world.things[FOREIGN])}
    client = world.browser(role, team=OWN)
    theirs, ours = world.state_of(FOREIGN), world.state_of(OWN)
    answer = client.post(address(pattern, route, own), body)
    may_post = (ROLES[role][0] or 0) >= (route.post or 0)
    assert answer.status_code == (foreign.status if may_post else 403)
    assert world.state_of(FOREIGN) == theirs
    if foreign.status != 302 or "draft" not in foreign.fields:
        assert _without_drafts(world.state_of(OWN)) == _without_drafts(ours)


def _without_drafts(state: list[Any]) -> list[Any]:
    return state[1:]


FOREIGN_QUERIES = [
    (pattern, item) for pattern, route in ROUTES.items() for item in route.foreign_query
]


@pytest.mark.parametrize("role", ["viewer", "engineer", "admin"])
@pytest.mark.parametrize(
    ("pattern", "foreign"), FOREIGN_QUERIES, ids=lambda value: str(getattr(value, "fields", value))
)
def test_foreign_ids_behind_the_question_mark(
    world: World, pattern: str, foreign: Foreign, role: str
) -> None:
    route, own = ROUTES[pattern], world.things[OWN]
    query = {**filled(route.query, own), **filled(foreign.fields, world.things[FOREIGN])}
    path, browser = address(pattern, route, own), world.browser(role)
    answer = browser.get(path, query)
    may_look = (ROLES[role][0] or 0) >= (route.get or 0)
    assert answer.status_code == (foreign.status if may_look else 403)
    if FOREIGN not in str(query):
        assert FOREIGN not in answer.getvalue().decode().lower()
        return
    # A name that is given stands in the answer: it says as much as of a name that nobody has.
    unknown = browser.get(
        path, {key: value.replace(FOREIGN, "ocelot") for key, value in query.items()}
    )
    assert _comparable(answer).replace(FOREIGN, "ocelot") == _comparable(unknown)


def _comparable(answer: Any) -> str:
    return re.sub(
        r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|X-CSRF[^}]*', "", answer.text
    )
