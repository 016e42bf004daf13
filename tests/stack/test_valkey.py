"""The embedded Valkey: answers on its socket alone and takes Celery's messages."""

import os
import signal
import stat
from pathlib import Path

import psutil
import pytest
from kombu import Connection

from mobula.stack.valkey import ValkeyServer

pytestmark = pytest.mark.usefixtures("no_child_left")


def test_a_message_sent_is_a_message_received(short_path: Path) -> None:
    with ValkeyServer(short_path / "valkey") as server, Connection(server.url) as connection:
        queue = connection.SimpleQueue("greetings")
        queue.put({"text": "hello"})
        assert queue.get(timeout=5).payload == {"text": "hello"}
        queue.close()


def test_only_its_owner_can_connect_and_only_through_the_socket(short_path: Path) -> None:
    with ValkeyServer(short_path / "valkey") as server:
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        assert psutil.Process(server.process.pid).net_connections("inet") == []


def test_it_starts_again_after_sigkill(short_path: Path) -> None:
    with ValkeyServer(short_path / "valkey") as server:
        assert server.process.pid
        os.kill(server.process.pid, signal.SIGKILL)
    with ValkeyServer(short_path / "valkey") as server:
        assert server.ready()
