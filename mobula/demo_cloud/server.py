"""The process of a demo AWS: its API, its machines, and a page of its own for those who play it."""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from clouds.demo_home import DemoHome
from mobula.demo_cloud.aws.cloud import Cloud, Handler, Server
from mobula.demo_cloud.aws.protocol import Answer
from mobula.demo_cloud.fleet import NOTICE, Fleet, remove_leftovers
from mobula.demo_cloud.machine import Host
from mobula.demo_cloud.seeds import seeded
from mobula.demo_cloud.serving import serving
from providers.local.driver import LocalDriver
from providers.local.installation import installed_image
from providers.local.launching import packed_agent

CONTROL = "/demo/"


def run(home: DemoHome, *, say: Callable[[str], None]) -> None:
    """Run the demo cloud until the process is asked to end; all its machines end with it.

    Raises ProviderError where Ray is not installed, and OSError where the port is taken.
    """
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: over.set())
    with home.locked():
        image = installed_image()
        driver = LocalDriver(home.machines, agent=packed_agent(home.agent))
        remove_leftovers(driver, image=image, root=home.machines)
        cloud = Cloud(seeded())
        fleet = Fleet(cloud, host=Host(driver=driver, image=image), root=home.machines)
        handler = type("Answers", (DemoHandler,), {"cloud": cloud, "fleet": fleet})
        with serving(Server(("127.0.0.1", home.port()), handler)) as cloud.url:
            say(f"A demo AWS answers at {cloud.url}. Its machines are Ray nodes of this host.")
            fleet.run(over)
    for defect in cloud.defects:
        logging.getLogger(__name__).error("The demo cloud has a defect: %r", defect)


class DemoHandler(Handler):
    """Also answers who asks what runs here, or has spot instances taken back."""

    fleet: Fleet

    def do_GET(self) -> None:  # noqa: N802 - its name
        """List the instances."""
        self._tell(200, {"instances": list(self.fleet.status())})

    def do_POST(self) -> None:  # noqa: N802 - its name
        """Answer AWS's API, or what is asked of the demo itself."""
        if not self.path.startswith(CONTROL):
            return super().do_POST()
        try:
            asked = json.loads(self.body() or b"{}")
            answer = self._control(self.path.removeprefix(CONTROL), asked)
        except (ValueError, KeyError, TypeError) as error:
            return self._tell(400, {"error": f"Not understood: {error}"})
        return self._tell(200, answer)

    def _control(self, action: str, asked: dict[str, Any]) -> dict[str, Any]:
        if action == "interrupt":
            percent = float(asked["percent"])
            notice = timedelta(seconds=float(asked.get("notice", NOTICE.total_seconds())))
            return {"interrupted": list(self.fleet.interrupt(percent, notice=notice))}
        if action == "capacity":
            pool = (str(asked["type"]), str(asked["zone"]), str(asked["market"]))
            with self.cloud.lock:
                self.cloud.world.capacity[pool] = int(asked["count"])
            return {"capacity": self.cloud.world.capacity[pool]}
        raise ValueError(f"unknown action {action!r}")

    def _tell(self, status: int, body: dict[str, Any]) -> None:
        with suppress(OSError):
            self.say(Answer(status=status, kind="application/json", body=json.dumps(body).encode()))
