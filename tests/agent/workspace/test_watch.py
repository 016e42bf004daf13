"""The agent keeps JupyterLab running, and says whether somebody works in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.workspace import watch
from agent.workspace.server import Place, Server, ServerError
from agent.workspace.watch import WorkspaceWatch


class FakeServer(Server):
    """A JupyterLab on paper: `answers` by path, "" where it does not answer."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            Place(
                port=9,
                token="t",
                base_path="/workspaces/x/",
                directory=str(directory),
                image="1",
                gcs_address="127.0.0.1:1",
                cull_seconds=0,
            )
        )
        self.answers: dict[str, Any] = {}
        self.starts = 0
        self.ended = self.is_listening = False
        self.wrong = ""
        self.environment.prepare = lambda: self.wrong  # type: ignore[method-assign]

    def start(self) -> None:
        self.starts += 1

    def listens(self) -> bool:
        return self.is_listening

    def has_ended(self) -> bool:
        return self.ended

    def last_words(self) -> str:
        return "OSError: address in use"

    def ask(self, path: str) -> Any:
        if path not in self.answers:
            raise ServerError("Connection refused")
        return self.answers[path]

    def works(self, kernels: list[Any], terminals: list[Any]) -> None:
        self.answers = {"api/kernels": kernels, "api/terminals": terminals}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    monkeypatch.setattr(watch, "has_jupyter", lambda: True)
    return FakeServer(tmp_path)


@pytest.fixture
def news() -> list[int]:
    return []


@pytest.fixture
def watched(server: FakeServer, news: list[int]) -> WorkspaceWatch:
    return WorkspaceWatch(server, news=lambda: news.append(1))


def test_it_is_started_once_and_told_when_it_answers(
    watched: WorkspaceWatch, server: FakeServer, news: list[int]
) -> None:
    watched.look(now=0)
    watched.look(now=5)
    assert (watched.report()["state"], server.starts) == ("starting", 1)
    server.works([], [])
    watched.look(now=10)
    report = watched.report()
    assert (report["state"], report["kernels"], report["busy"], report["active_at"]) == (
        "running", 0, 0, None,
    )  # fmt: skip
    assert len(news) == 1


def test_one_that_runs_already_is_found_and_not_started(
    watched: WorkspaceWatch, server: FakeServer
) -> None:
    server.works([], [])
    watched.look(now=0)
    assert (watched.report()["state"], server.starts) == ("running", 0)


def test_one_that_is_slow_for_a_while_is_left_alone(
    watched: WorkspaceWatch, server: FakeServer
) -> None:
    server.works([], [])
    watched.look(now=0)
    server.answers = {}
    watched.look(now=watch.SILENT_SECONDS - 1)
    assert (watched.report()["state"], server.starts) == ("running", 0)
    watched.look(now=watch.SILENT_SECONDS + 1)
    assert (watched.report()["state"], server.starts) == ("failed", 1)


def test_one_of_an_earlier_agent_that_starts_is_waited_for(
    watched: WorkspaceWatch, server: FakeServer
) -> None:
    server.is_listening = True
    watched.look(now=0)
    watched.look(now=watch.STARTING_SECONDS - 1)
    assert (watched.report()["state"], server.starts) == ("starting", 0)
    watched.look(now=watch.STARTING_SECONDS + 1)
    assert server.starts == 1


def test_kernels_and_terminals_are_counted_with_when_one_was_used_last(
    watched: WorkspaceWatch, server: FakeServer
) -> None:
    server.works(
        [
            {"execution_state": "busy", "last_activity": "2026-11-30T10:00:00.500000Z"},
            {"execution_state": "idle", "last_activity": "2026-11-30T09:00:00+00:00"},
        ],
        [{"name": "1", "last_activity": "2026-11-30T11:00:00.000000Z"}, {"name": "2"}],
    )
    watched.look(now=0)
    report = watched.report()
    assert (report["kernels"], report["busy"], report["terminals"]) == (2, 1, 2)
    assert report["active_at"] == 1_796_036_400.0


def test_one_that_ends_is_reported_and_started_again_after_longer_and_longer_pauses(
    watched: WorkspaceWatch, server: FakeServer
) -> None:
    watched.look(now=0)
    server.ended = True
    starts = []
    for now in range(1, 100):
        watched.look(now=now)
        starts.append(server.starts)
    assert "address in use" in str(watched.report()["message"])
    assert watched.report()["state"] == "failed"
    assert 4 <= server.starts <= 8
    server.works([], [])
    watched.look(now=101)
    assert watched.report()["state"] == "running"


def test_one_that_never_answers_is_given_up_after_a_while(
    watched: WorkspaceWatch, server: FakeServer
) -> None:
    watched.look(now=0)
    watched.look(now=watch.STARTING_SECONDS - 1)
    assert watched.report()["state"] == "starting"
    watched.look(now=watch.STARTING_SECONDS + 1)
    assert "Connection refused" in str(watched.report()["message"])
    assert server.starts == 2


def test_an_image_without_jupyterlab_is_told(
    watched: WorkspaceWatch, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "has_jupyter", lambda: False)
    watched.look(now=0)
    assert watched.report() == {"state": "missing", "message": "The image has no JupyterLab."}
    assert server.starts == 0


def test_an_environment_that_cannot_be_made_is_told(
    watched: WorkspaceWatch, server: FakeServer
) -> None:
    server.wrong = "Python could not create the environment."
    watched.look(now=0)
    assert watched.report()["message"] == server.wrong
    assert (watched.report()["state"], server.starts) == ("failed", 0)


def test_the_command_line_tells_no_secret_and_opens_no_port_to_others(server: FakeServer) -> None:
    line = server.command()
    assert "--ServerApp.ip=127.0.0.1" in line
    assert "--ServerApp.base_url=/workspaces/x/" in line
    assert not any(word.endswith("=t") for word in line)
    variables = server.variables()
    assert variables["JUPYTER_TOKEN"] == "t"
    assert variables["HOME"] == str(server.home)
    assert str(server.environment.packages) in variables["RAY_JOB_CONFIG_JSON_ENV_VAR"]
