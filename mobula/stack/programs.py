"""Mobula's own programs as the embedded stack runs them, and the environment they get."""

import os
import signal
import sys
from collections.abc import Mapping

from mobula.edge.limits import HEAD_BYTES
from mobula.stack.home import ROOT, Home
from mobula.stack.postgres import PostgresServer
from mobula.stack.process import Program
from mobula.stack.valkey import ValkeyServer

# The order in which programs start; they stop the other way round.
ORDER = ("postgres", "valkey", "web", "workspaces", "worker", "slow-worker", "build-worker", "beat")


def address(port: int) -> str:
    """Return where the web process of this machine listens."""
    return f"http://127.0.0.1:{port}"


def workspaces_address(port: int) -> str:
    """Return where browsers on this machine reach workspaces: a host of its own for each.

    They resolve all names below localhost to this machine by themselves.
    """
    return f"http://*.localhost:{port}"


def environment(
    home: Home,
    *,
    port: int,
    workspaces_port: int = 0,
    postgres: PostgresServer,
    valkey: ValkeyServer,
) -> dict[str, str]:
    """Return the environment of Mobula's processes; MOBULA_* that the user set is kept."""
    # Behind a proxy, only its administrator knows which address leads here.
    is_local = bool(workspaces_port) and not os.environ.get("MOBULA_URL")
    workspaces = workspaces_address(workspaces_port) if is_local else ""
    ours = {
        "DJANGO_SETTINGS_MODULE": "mobula.settings",
        "DATABASE_URL": postgres.url,
        "BROKER_URL": valkey.url,
        "MOBULA_HOME": str(home.path),
        **home.key_environment(),
        "MOBULA_URL": os.environ.get("MOBULA_URL") or address(port),
        "MOBULA_WORKSPACES_URL": os.environ.get("MOBULA_WORKSPACES_URL") or workspaces,
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **ours}


def as_owner(environment: Mapping[str, str], *, postgres: PostgresServer) -> dict[str, str]:
    """Return the environment for programs that change tables: they run as their owner."""
    urls = {"DATABASE_URL": postgres.owner_url, "MOBULA_SERVING_DATABASE_URL": postgres.url}
    return {**environment, **urls}


def django(name: str, *, environment: Mapping[str, str]) -> Program:
    """Return the program that runs the management command `name`."""
    return _python(name, "django", name, environment=environment, patience=10.0)


def web(*, port: int, environment: Mapping[str, str]) -> Program:
    """Return the web server on `port` of 127.0.0.1."""
    listening = ("--host", "127.0.0.1", "--port", str(port))
    ending = ("--timeout-graceful-shutdown", "5")
    bounded = ("--http", "mobula.edge.protocol:BoundedProtocol", "--ws", "none")
    head = ("--h11-max-incomplete-event-size", str(HEAD_BYTES))
    # mobula/edge/proxies.py reads them; uvicorn would believe every program on this machine.
    options = ("--no-access-log", "--lifespan", "off", "--no-proxy-headers", *bounded, *head)
    command = ("uvicorn", "mobula.asgi:application", *listening, *options, *ending)
    return _python("web", *command, environment=environment, patience=10.0)


def workspaces(*, port: int, environment: Mapping[str, str]) -> Program:
    """Return the proxy in front of workspaces on `port` of 127.0.0.1."""
    listening = ("--host", "127.0.0.1", "--port", str(port))
    place = "mobula.edge.workspaces"
    bounded = ("--http", f"{place}.protocol:WorkspaceProtocol", "--ws", f"{place}.tunnel:Tunnel")
    head = ("--h11-max-incomplete-event-size", str(HEAD_BYTES))
    options = ("--no-access-log", "--lifespan", "off", "--no-proxy-headers", *bounded, *head)
    ending = ("--timeout-graceful-shutdown", "5", "--no-server-header")
    command = ("uvicorn", "mobula.workspaces_asgi:application", *listening, *options, *ending)
    return _python("workspaces", *command, environment=environment, patience=10.0)


def worker(*, environment: Mapping[str, str]) -> Program:
    """Return the Celery worker pool; at its stop signal it finishes the tasks it has begun."""
    size = min(4, max(2, os.cpu_count() or 2))
    return _worker("worker", queue="celery", size=size, environment=environment)


def slow_worker(*, environment: Mapping[str, str]) -> Program:
    """Return the pool for what takes long: slow clusters, forecasts, roll-ups, refreshes."""
    return _worker("slow-worker", queue="slow", size=2, environment=environment)


def build_worker(*, environment: Mapping[str, str]) -> Program:
    """Return the pool for builds of images, which may take an hour each."""
    return _worker("build-worker", queue="builds", size=2, environment=environment)


def _worker(name: str, *, queue: str, size: int, environment: Mapping[str, str]) -> Program:
    options = ("--queues", queue, "--concurrency", str(size), "--hostname", f"{name}@%h")
    command = ("celery", "-A", "mobula", "worker", "--loglevel", "INFO", *options)
    quiet = ("--without-mingle", "--without-gossip")
    return _python(name, *command, *quiet, environment=environment, patience=30.0)


def beat(home: Home, *, environment: Mapping[str, str]) -> Program:
    """Return the clock that asks for the sweeps."""
    options = ("--schedule", str(home.beat / "schedule"), "--pidfile=", "--loglevel", "WARNING")
    command = ("celery", "-A", "mobula", "beat", *options)
    return _python("beat", *command, environment=environment, patience=5.0)


def demo_cloud(*, environment: Mapping[str, str]) -> Program:
    """Return the demo AWS; it ends its machines when it stops."""
    return _python(
        "demo-cloud", "mobula.cli", "demo-cloud", "aws", environment=environment, patience=60.0
    )


def stop_signal(name: str) -> signal.Signals:
    """Return the signal that ends the program called `name` without loss."""
    return signal.SIGINT if name == "postgres" else signal.SIGTERM


def _python(name: str, *command: str, environment: Mapping[str, str], patience: float) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", *command),
        environment=environment,
        patience=patience,
        directory=ROOT,
    )
