"""`mobula up`: everything from an empty directory to a console that answers."""

import json
import time
from collections.abc import Callable, Mapping
from functools import partial

from clouds.demo_home import DemoHome
from mobula.keys import KeyFiles
from mobula.stack import programs
from mobula.stack.health import answers
from mobula.stack.home import Home
from mobula.stack.ports import port_for_workspaces, refuse_port_in_use
from mobula.stack.postgres import START_SECONDS, PostgresServer
from mobula.stack.process import end_leftover
from mobula.stack.supervisor import Stopping, Supervisor
from mobula.stack.valkey import ValkeyServer

WEB_SECONDS = 120.0
DEMO = "demo-cloud"


def up(home: Home, *, port: int, say: Callable[[str], None]) -> None:
    """Run the whole stack until the user stops it; raises StackError with a sentence."""
    home.open()
    home.refuse_half_restored()
    home.key_environment()  # refuses a short key before anything starts
    with home.locked(), home.explained():
        end_leftovers(home, say=say)
        home.close_to_others()
        refuse_port_in_use(port)
        supervisor = Supervisor(home, say=say)
        supervisor.heed_signals()
        try:
            environment = _start(supervisor, port=port)
            supervisor.watch(look=partial(_tend_demo, supervisor, environment))
        except Stopping:
            pass
        finally:
            supervisor.stop()
        say("Stopped. Local clusters that were running still are; `mobula up` finds them again.")


def end_leftovers(home: Home, *, say: Callable[[str], None]) -> None:
    """End what a `mobula up` that was killed has left running, in the usual order."""
    order = {name: place for place, name in enumerate(programs.ORDER)}
    files = list(home.run.glob("*.pid"))
    for file in sorted(files, key=lambda file: order.get(file.stem, len(order)), reverse=True):
        name = file.stem
        pid = end_leftover(file, stop_signal=programs.stop_signal(name), patience=20.0)
        if pid is not None:
            say(f"Ended {name} (process {pid}), which a killed `mobula up` had left running.")


def _start(supervisor: Supervisor, *, port: int) -> Mapping[str, str]:
    """Start everything in its order; return the environment of Mobula's programs."""
    home = supervisor.home
    began = time.monotonic()
    supervisor.say("Starting PostgreSQL and Valkey…")
    postgres = PostgresServer(home.postgres)
    valkey = ValkeyServer(home.valkey)
    postgres.initialise()
    database = supervisor.start(postgres.program())
    broker = supervisor.start(valkey.program())
    supervisor.wait_until(postgres.ready, process=database, seconds=START_SECONDS)
    supervisor.wait_until(valkey.ready, process=broker, seconds=START_SECONDS)
    postgres.arrange()
    workspaces_port = port_for_workspaces(port)
    environment = programs.environment(
        home, port=port, workspaces_port=workspaces_port, postgres=postgres, valkey=valkey
    )
    supervisor.say("Preparing the database…")
    as_owner = programs.as_owner(environment, postgres=postgres)
    output = supervisor.run_to_end(programs.django("prepare", environment=as_owner))
    KeyFiles(home.path).note_served(environment["MOBULA_SECRET_KEY"])
    (home.log / "prepare.log").unlink(missing_ok=True)  # it may hold the sign-in link
    supervisor.say("Starting web, worker and scheduler…")
    web = supervisor.start(programs.web(port=port, environment=environment))
    url = environment["MOBULA_URL"]
    supervisor.wait_until(lambda: answers(port, url=url), process=web, seconds=WEB_SECONDS)
    supervisor.start(programs.workspaces(port=workspaces_port, environment=environment))
    # Only now: all three at once would make the first page wait longest.
    supervisor.start(programs.worker(environment=environment))
    supervisor.start(programs.slow_worker(environment=environment))
    supervisor.start(programs.build_worker(environment=environment))
    supervisor.start(programs.beat(home, environment=environment))
    supervisor.say(_summary(url, home=home, output=output, began=began))
    return environment


def _tend_demo(supervisor: Supervisor, environment: Mapping[str, str]) -> None:
    """Run the demo cloud from when somebody adds it on the page of clouds until it is deleted."""
    runs, is_wanted = supervisor.runs(DEMO), DemoHome(supervisor.home.path).is_wanted
    if is_wanted and not runs:
        supervisor.say("Starting the demo AWS …")
        supervisor.start(programs.demo_cloud(environment=environment))
    elif runs and not is_wanted:
        supervisor.say("Stopping the demo AWS …")
        supervisor.end(DEMO)


def _summary(url: str, *, home: Home, output: str, began: float) -> str:
    lines = ["", f"Mobula is ready after {time.monotonic() - began:.1f} s:  {url}"]
    if path := sign_in_path(output):
        lines += ["", f"Sign in for the first time (this link works once):  {url}{path}"]
    lines += ["", f"State: {home.path}   Logs: {home.log}", "Press Ctrl-C to stop.", ""]
    return "\n".join(lines)


def sign_in_path(output: str) -> str | None:
    """Return the one-time path that `bootstrap` made, from what it wrote; None without one."""
    for line in reversed(output.splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict) and isinstance(path := answer.get("sign_in_path"), str):
            return path
    return None
