"""(i) A signed-in page while 40 strangers sign in at the same time, against the page alone.

Over HTTP from a real web process (uvicorn) with a real PostgreSQL and passwords hashed as Django
does by default. Each stranger has another address, so that none is refused for trying too often.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks import report
from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import User  # noqa: E402
from tests.busy.sign_in_rush import SIGN_INS, rush, web_process  # noqa: E402

SAMPLES = 40


def main() -> None:
    before = report.machine()
    with SERVERS.postgres:
        call_command("prepare", verbosity=0, stdout=Path(os.devnull).open("w"))  # noqa: SIM115
        client = Client()
        client.force_login(User.objects.earliest("pk"))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        connection.close()
        cookies = {settings.SESSION_COOKIE_NAME: session}
        with web_process(os.environ, directory=SERVERS.directory) as url:
            figures = rush(url, cookies=cookies, samples=SAMPLES)
    print(f"{SIGN_INS} sign-ins, answered by then: {dict(figures.statuses)}")
    print(f"a page takes {figures.ratio:.2f} times as long; the slowest {max(figures.busy):.2f} s")
    report.write(
        "sign_in",
        goal=3,
        value=round(figures.ratio, 2),
        unit=f"× the time of a page while {SIGN_INS} people sign in, median",
        idle=report.seconds(figures.idle),
        busy=report.seconds(figures.busy),
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
