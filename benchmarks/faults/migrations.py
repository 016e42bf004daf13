"""A new installation that is killed while it prepares its database, again and again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator

from mobula.stack.identity import Identity
from tests.e2e.stack import Console, installation
from tests.e2e.waiting import eventually

VICTIMS = ("prepare", "postgres", "everything")
LONGEST_SECONDS = 6.0
CHECK = """
from django.core.management import call_command
call_command("migrate", check_unapplied=True)
"""


def killed_while_preparing(chance: random.Random) -> Iterator[str]:
    """Kill each victim once on the same home, then yield what is not whole when it starts."""
    with installation() as mobula:
        for victim in VICTIMS:
            print(f"migration  {_kill(mobula, victim, chance=chance)}", flush=True)
        try:
            mobula.start()
            mobula.sign_in()
            mobula.python(CHECK)
        except AssertionError as error:
            yield f"after kills while the database was prepared: {error}"
        mobula.stop()


def _kill(mobula: Console, victim: str, *, chance: random.Random) -> str:
    """Kill the victim at some moment of the preparation and return what was done."""
    mobula.begin()
    assert mobula.process is not None
    file = mobula.home.run / "prepare.pid"
    eventually(
        lambda: file.exists() or mobula.process.poll() is not None,
        what="the database is prepared",
        seen=mobula.output.read_text,
    )
    delay = chance.uniform(0, LONGEST_SECONDS)
    time.sleep(delay)
    if victim == "everything":
        mobula.crash()
    else:
        identity = Identity.read(mobula.home.run / f"{victim}.pid")
        if identity and identity.alive():
            os.kill(identity.pid, signal.SIGKILL)
        time.sleep(0.2)
        mobula.stop()
    return (
        f"{victim} was killed {delay:.1f} s into it: {mobula.output.read_text().splitlines()[-1:]}"
    )
