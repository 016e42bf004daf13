"""(c) How long the server takes for each page of an installation with a busy month behind it.

200 clusters with 2,000 nodes (MOBULA_BENCH_CLUSTERS changes it), a month of roll-ups and cost
hours, and two more years of days in the ledger. MOBULA_BENCH_PAGES=insights measures those pages
alone. Each page is asked for by a signed-in member over HTTP from a real web process (uvicorn) with
a real PostgreSQL, one after the other; then once more in this process to count its queries.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path

from benchmarks import report
from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

import os  # noqa: E402

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Team, User  # noqa: E402
from benchmarks.pages.rows import CLUSTERS, fill  # noqa: E402
from benchmarks.pages.timing import page_times  # noqa: E402
from clusters.models import Cluster, Job  # noqa: E402
from configurations.models import Template  # noqa: E402

PAGES = os.environ.get("MOBULA_BENCH_PAGES", "")


def addresses() -> list[str]:
    """Return every page, with the parameters that make it heavy."""
    cluster = Cluster.objects.get(name="cluster-0")
    job, template = Job.objects.filter(cluster=cluster).latest("-pk"), Template.objects.first()
    page = f"/clusters/{cluster.pk}/"
    middle = (timezone.now().date().replace(day=1) - timedelta(days=1)).replace(day=15)
    tabs = ("overview", "nodes", "scaling", "jobs", "events", "configuration")
    return [
        *("/", "/?part=live"),
        *("/clusters/", "/clusters/?state=all&page=4", "/clusters/?q=template-3"),
        "/clusters/launch/",
        *(f"{page}?tab={tab}" for tab in tabs),
        f"{page}?part=live",
        f"{page}jobs/{job.pk}/",
        *("/templates/", "/templates/new/", f"/templates/{template.pk if template else ''}/"),
        *(f"/insights/utilization/?range={length}" for length in ("1h", "6h", "24h", "7d", "30d")),
        *(f"/insights/utilization/?cluster={cluster.pk}&range={key}" for key in ("24h", "30d")),
        "/insights/idle/",
        *(f"/insights/cost/?group={key}" for key in ("cluster", "template", "user", "group")),
        *(f"/insights/cost/?range=365d&group={key}" for key in ("cluster", "user")),
        # Neither end is the first or last of a month: half a month of days is read at each.
        f"/insights/cost/?from={middle - timedelta(days=364)}&to={middle}",
        f"/insights/cost/?cluster={cluster.pk}",
        "/insights/rates/",
        *("/accounts/", "/accounts/team/", "/accounts/audit/"),
    ]


def main() -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    before = report.machine()
    with SERVERS.postgres:
        call_command("prepare", verbosity=0, stdout=Path(os.devnull).open("w"))  # noqa: SIM115
        began = time.perf_counter()
        fill(Team.objects.earliest("pk"), User.objects.earliest("pk"), now=timezone.now())
        print(f"all is written after {time.perf_counter() - began:.0f} s", flush=True)
        overview = {"/", "/?part=live"}
        wanted = [each for each in addresses() if PAGES in each or each in overview]
        user = User.objects.earliest("pk")
        pages = page_times(wanted, user=user, directory=SERVERS.directory)
        connection.close()
    report.write(
        "pages",
        goal=150,
        value=max(float(str(page["p95"])) for page in pages.values()),
        unit="ms, p95 of the slowest page",
        clusters=CLUSTERS,
        pages=pages,
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
