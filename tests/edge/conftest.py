"""A real web process (uvicorn with the guard) on the tests' own database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from mobula.stack import programs
from mobula.stack.health import answers
from mobula.stack.process import Process
from tests.clusters.conftest import (  # noqa: F401
    cluster,
    driver,
    head,
    image,
    launch,
    queued,
    version,
)
from tests.edge.attacks import Server
from tests.edge.link import Link
from tests.ray_nodes import free_port
from tests.stack.waiting import until


@pytest.fixture(scope="package")
def web(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Server]:
    """The web process; its temporary directory is its own, to see that nothing grows there."""
    with django_db_blocker.unblock(), tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        (path / "tmp").mkdir()
        database = Link(path, to=Path(connection.settings_dict["HOST"]))
        address = urlsplit(os.environ["DATABASE_URL"])._replace(
            path="/" + connection.settings_dict["NAME"],
            query=urlencode({"host": path, "port": connection.settings_dict["PORT"]}),
        )
        port = free_port()
        environment = {
            **os.environ,
            "DATABASE_URL": address.geturl(),
            "MOBULA_URL": programs.address(port),
            "MOBULA_DB_POOL": "8",
            "TMPDIR": str(path / "tmp"),
            "DJANGO_SETTINGS_MODULE": "mobula.settings",
        }
        process = Process(
            programs.web(port=port, environment=environment),
            log=path / "log",
            pid_file=path / "pid",
        )
        with database, process:
            until(lambda: answers(port, url=programs.address(port)))
            yield Server(process=process, port=port, directory=path, database=database)


@pytest.fixture
def server(web: Server, transactional_db: None) -> Server:
    """The web process, for a test whose rows it can see."""
    return web


@pytest.fixture
def session(alice: object) -> dict[str, str]:
    """The cookies of alice, who is signed in."""
    client = Client()
    client.force_login(alice)  # type: ignore[arg-type]
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
