"""How long the server takes to answer an edit of fifty groups, and a search for a machine type.

Both on a cloud with EC2's catalogue of a region, against a real PostgreSQL, through Django's whole
stack in this process: middleware, session, form, checks, prices, template. Each edit changes one
field, so nothing is answered from memory. In the same run the bound: reading the new text alone.
"""

from __future__ import annotations

import gc
import html
import re
import statistics
import time
from typing import Any

from benchmarks import large_config, report
from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import Membership, Team, User  # noqa: E402
from accounts.roles import Role  # noqa: E402
from clouds.catalogue import types_in  # noqa: E402
from clouds.models import Cloud  # noqa: E402
from configurations.services.templates import create_template  # noqa: E402
from domain.yaml.text import parse  # noqa: E402
from images.bootstrap import register  # noqa: E402
from tests.configurations.editor_page import Page  # noqa: E402

ROUNDS = 20
_TEXT = re.compile(r"max_nodes: \d+")


def main() -> None:
    """Start a database of our own and measure."""
    with SERVERS.postgres:
        measure()
        connection.close()


def measure() -> None:
    """Measure, print and write var/bench/editor.json and picker.json."""
    call_command("migrate", verbosity=0)
    client, template = _prepared()
    address = reverse("configurations:check-template", args=[template])
    fields = Page(client.get(reverse("configurations:edit-template", args=[template])).text).fields
    gc.collect()
    gc.freeze()  # as the web process does once it is loaded
    edits, bounds = [], []
    for number in range(ROUNDS + 2):
        posted = {**fields, "g7-max_nodes": str(10 + number)}
        edits.append(_timed(client, address, posted))
        text = _TEXT.sub(f"max_nodes: {100 + number}", fields["text"])
        began = time.perf_counter()
        parse(text)
        bounds.append(1000 * (time.perf_counter() - began))
    _write("editor", edits, goal=150, unit="ms to answer an edit of 50 groups, p95", bounds=bounds)
    picker = reverse("configurations:picker", args=[Team.objects.get(name="Bench").pk])
    types = len(types_in(Cloud.objects.get(name="aws")) or {})
    searches = [_timed(client, picker, need, get=True) for need in _needs()]
    unit = f"ms to search {types:,} types, p95"
    _write("picker", searches, goal=100, unit=unit, bounds=[])


def _needs() -> list[dict[str, Any]]:
    """What people type into the picker: numbers, names, GPUs; every one is a new question."""
    needs: list[dict[str, Any]] = [{}, {"q": "m5"}]  # kept out of the numbers: they warm up
    for number in range(ROUNDS // 4):
        needs += [
            {"vcpus": number},
            {"q": str(number), "market": "spot"},
            {"gpus": 1, "max_usd": number + 1},
            {"gib": 8 * number, "order": "per_vcpu", "arch": "arm64"},
        ]
    return [{"cloud": "aws", **need} for need in needs]


def _prepared() -> tuple[Client, int]:
    user = User.objects.create(email="bench@example.org", name="Bench")
    team = Team.objects.create(name="Bench", slug="bench")
    Membership.objects.create(user=user, team=team, role=Role.ENGINEER)
    Cloud.objects.create(name="aws", provider="aws", region="us-east-1", is_shared=True)
    register("ray", ray_version="2.60.0", location="/opt/ray/bin/ray")
    version = create_template(
        team=team, name="large", text=large_config.text(cloud="aws"), message="First.", by=user
    )
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user)
    return client, version.template_id


def _timed(client: Client, address: str, values: dict[str, Any], *, get: bool = False) -> float:
    began = time.perf_counter()
    answer = client.get(address, values) if get else client.post(address, values)
    taken = 1000 * (time.perf_counter() - began)
    assert answer.status_code == 200, html.unescape(answer.text)[:500]
    return taken


def _write(name: str, times: list[float], *, goal: float, unit: str, bounds: list[float]) -> None:
    kept = sorted(times[2:])
    details: dict[str, Any] = {"median": round(statistics.median(kept), 1)}
    details["first_ms"] = round(times[0], 1)  # with what is read from files once
    if bounds:
        bound = statistics.median(bounds[2:])
        details |= {
            "reading_alone_ms": round(bound, 1),
            "ratio": round(details["median"] / bound, 2),
        }
    p95 = kept[int(0.95 * len(kept)) - 1]
    report.write(name, goal=goal, value=p95, unit=unit, machine=report.machine(), **details)


if __name__ == "__main__":
    main()
