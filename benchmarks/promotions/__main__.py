"""How long the server takes for the pages of promotions, after years of releases.

20,000 versions and 5,000 change requests in one team; the pages are asked for by one of its
approvers, as `benchmarks.pages` asks for its pages, in turn with the page of their account, which
shows none of this: the ratio to it is the same on a busy machine.

Run `python -m benchmarks.promotions`; it brings its own PostgreSQL and writes
var/bench/promotions.json.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from benchmarks import report
from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Team, User  # noqa: E402
from benchmarks.pages.timing import page_times  # noqa: E402
from benchmarks.promotions.rows import REQUESTS, TEMPLATES, VERSIONS, Written, fill  # noqa: E402

PLAIN = "/accounts/"


def addresses(written: Written) -> list[str]:
    """Return every page that shows something of versions, requests or environments."""
    waiting, done = written.waiting, written.done
    review, template = f"/changes/{waiting.pk}/", f"/templates/{waiting.template_id}/"
    version = f"{template}versions/{waiting.version.number}/"
    return [
        PLAIN,
        *(review, f"{review}?part=live&seen={waiting.digest}", f"/changes/{done.pk}/"),
        *("/changes/", "/changes/?show=all", "/changes/?show=all&page=80", "/changes/?state=done"),
        *("/changes/?show=all&q=template-3", "/changes/?show=all&environment=prod"),
        *("/templates/", template, version, f"{version}?with=1", f"{version}request/"),
        *("/environments/", "/environments/prod/", "/clusters/launch/"),
    ]


def main() -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    before = report.machine()
    with SERVERS.postgres:
        call_command("prepare", verbosity=0, stdout=Path(os.devnull).open("w"))  # noqa: SIM115
        began = time.perf_counter()
        team, author = Team.objects.earliest("pk"), User.objects.earliest("pk")
        written = fill(team, author, now=timezone.now())
        print(f"all is written after {time.perf_counter() - began:.0f} s", flush=True)
        pages = page_times(
            addresses(written),
            user=written.approver,
            directory=SERVERS.directory,
            beside=PLAIN,
        )
        connection.close()
    report.write(
        "promotions",
        goal=200,
        value=max(float(str(page["p95"])) for page in pages.values()),
        unit="ms, p95 of the slowest page of promotions",
        versions=TEMPLATES * VERSIONS,
        requests=TEMPLATES * REQUESTS,
        times_a_plain_page={address: page["ratio"] for address, page in pages.items()},
        pages=pages,
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
