"""Without its database the console says so, and it is back as soon as the database is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.edge.attacks import Server
from tests.stack.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_page_of_a_console_without_its_database_asks_to_come_back(
    server: Server, session: Mapping[str, str]
) -> None:
    with server.http(session) as http:
        assert http.get("/").status_code == 200
        began = time.monotonic()
        with server.database.broken(), ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda _: http.get("/"), range(20)))
            token = {"Authorization": f"Bearer {'0' * 64}"}
            agent = http.post("/agent/v1/sync", headers=token, content=b"{}")
            health = http.get("/healthz/")
        assert time.monotonic() - began < 15  # nobody waits in line for the database
        assert {answer.status_code for answer in (*answers, agent, health)} == {503}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in (*answers, agent))
        assert "database does not answer" in answers[0].text
        assert agent.json()["error"].startswith("The database does not answer.")
        began = time.monotonic()
        until(lambda: http.get("/").status_code == 200)
        assert time.monotonic() - began < 10
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda _: http.get("/"), range(40)))
        assert {answer.status_code for answer in answers} == {200}


def test_connection_that_the_database_closed_is_replaced_without_an_error(
    server: Server, session: Mapping[str, str]
) -> None:
    with server.http(session) as http:
        assert http.get("/").status_code == 200
        with server.database.broken():
            pass
        assert http.get("/").status_code == 200


def test_error_pages_keep_no_connection(
    session: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django makes them in the loop's own threads, whose connections nobody gives back."""
    opened: list[BaseDatabaseWrapper] = []
    connect = BaseDatabaseWrapper.connect

    def noted(self: BaseDatabaseWrapper) -> None:
        opened.append(self)
        connect(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", noted)
    paths = ("/clouds/999999/", "/nowhere/", "/clusters/?q=%00", "/clouds/new/", "/templates/1/")
    codes = [asyncio.run(answered(path, session)) for path in paths]
    assert codes == [403, 404, 400, 403, 404]
    assert opened
    assert not [each for each in opened if each.connection is not None]


async def answered(path: str, cookies: Mapping[str, str]) -> int:
    """Return the status of the page, as the server would get it from Django."""
    from mobula.asgi import django

    path, _, query = path.partition("?")
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
    scope |= {"query_string": query.encode(), "headers": [(b"host", b"127.0.0.1")]}
    scope["headers"] += [(b"cookie", cookie)]
    application = ApplicationCommunicator(django, scope)
    await application.send_input({"type": "http.request", "body": b"", "more_body": False})
    status = (await application.receive_output(30))["status"]
    await application.receive_output(30)
    await application.wait(30)
    return int(status)
