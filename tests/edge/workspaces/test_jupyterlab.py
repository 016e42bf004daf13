"""A real JupyterLab, as the agent starts it, behind the proxy."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from agent.workspace.server import Place, Server, ServerError
from agent.workspace.watch import WorkspaceWatch
from clusters.workspaces import access
from tests.edge.workspaces.conftest import ALICE, LAB, Door
from tests.providers.environments.wheels import wheel
from tests.ray_nodes import free_port
from tests.stack.waiting import until

SECONDS = 300


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab, without any Ray."""
    directory = tmp_path_factory.mktemp("workspace")
    server = Server(
        Place(
            port=free_port(),
            token="a-token-of-this-run",
            base_path=f"/workspaces/{LAB}/",
            directory=str(directory),
            image="1",
            gcs_address="127.0.0.1:1",
            cull_seconds=600,
        )
    )
    assert server.environment.prepare() == ""
    server.start()
    try:
        until(lambda: _answers(server))
        yield server
    finally:
        server.stop()


def _answers(server: Server) -> bool:
    assert not server.has_ended(), server.last_words()
    try:
        return bool(server.ask("api/status"))
    except ServerError:
        return False


@pytest.fixture
def inside(lab: Server, door: Door) -> Door:
    door.answers[ALICE] = access.Upstream(f"http://127.0.0.1:{lab.place.port}", lab.place.token)
    return door


def test_its_page_and_its_files_pass(inside: Door, lab: Server) -> None:
    with inside.browser(Origin=inside.origin) as browser:
        page = browser.get("/lab")
        assert page.status_code == 200
        config = json.loads(re.search(r'config-data"[^>]*>(.*?)</script>', page.text, re.DOTALL)[1])  # type: ignore[index]
        assert config["baseUrl"] == f"/workspaces/{LAB}/"
        assert config["token"] == ""
        for path in ("/lab", "/login", "/tree", "/api/status"):
            assert lab.place.token not in browser.get(path).text
        script = re.search(r'src="([^"]+\.js[^"]*)"', page.text)
        assert script is not None
        path = script[1].partition(f"/workspaces/{LAB}")[2]
        assert browser.get(path).status_code == 200
        saved = browser.put(
            "/api/contents/train.py", json={"type": "file", "format": "text", "content": "1\n"}
        )
        assert saved.status_code == 201
    assert (lab.files / "train.py").read_text() == "1\n"


def test_without_the_proxy_s_token_it_opens_for_nobody(lab: Server) -> None:
    import httpx

    url = f"http://127.0.0.1:{lab.place.port}/workspaces/{LAB}/api/contents"
    assert httpx.get(url, trust_env=False).status_code == 403
    wrong = httpx.get(url, headers={"Authorization": "token x"}, trust_env=False)
    assert wrong.status_code == 403


def test_what_is_installed_in_its_terminal_is_reported(
    inside: Door, lab: Server, tmp_path: Path
) -> None:
    watch = WorkspaceWatch(lab, news=lambda: None)
    watch.look(now=time.monotonic())
    assert watch.report()["packages"] == []
    assert watch.report()["jupyterlab"]
    wheel(tmp_path, "tiny", "1.0", {"tiny.py": "VALUE = 7\n"})
    with inside.browser(Origin=inside.origin) as browser:
        answer = browser.post("/api/terminals")
        assert answer.status_code == 200, answer.text
        name = answer.json()["name"]
    _type(inside, name, f"pip install --no-index --find-links {tmp_path} tiny; echo $((40+2))-done")

    def told() -> Any:
        watch.look(now=time.monotonic())
        return [one["name"] for one in watch.report()["packages"]] == ["tiny"]

    until(told)
    report = watch.report()
    assert (report["state"], report["terminals"]) == ("running", 1)
    assert abs(report["active_at"] - time.time()) < 60


def _type(door: Door, name: str, line: str) -> None:
    """Type a line in a terminal, through its WebSocket, and wait for the end of what it runs."""
    cookie = access.make_cookie(ALICE, workspace_id=LAB)
    address = f"ws://{door.host}/workspaces/{LAB}/terminals/websocket/{name}"
    headers = {"Cookie": f"mobula-workspace={cookie}"}
    with connect(
        address,
        origin=door.origin,  # type: ignore[arg-type]
        additional_headers=headers,
        sock=socket.create_connection(("127.0.0.1", door.port)),
        open_timeout=60,
    ) as terminal:
        terminal.send(json.dumps(["stdin", f"{line}\r"]))
        said = ""
        until_time = time.monotonic() + SECONDS
        while "42-done" not in said:
            assert time.monotonic() < until_time, said
            kind, *rest = json.loads(terminal.recv(timeout=SECONDS))
            said += rest[0] if kind == "stdout" else ""
        assert "Successfully installed tiny-1.0" in said
