"""How long the server takes to answer an edit of many and of few groups, and a search for a type.

Both on a cloud with EC2's catalogue of a region, against a real PostgreSQL, through Django's whole
stack in this process: middleware, session, form, checks, prices, template. Each edit changes one
field, so no whole answer is in memory. In the same run the bound: reading the new text alone, as if
no earlier one had been read.
"""

from __future__ import annotations

import gc
import html
import json
import re
import statistics
import time
from typing import Any
from urllib.parse import urlencode

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
from domain.yaml.structure import structure  # noqa: E402
from domain.yaml.tree import read  # noqa: E402
from images.bootstrap import register  # noqa: E402
from tests.configurations.editor_page import Page  # noqa: E402

ROUNDS = 20
_TEXT = re.compile(r"max_nodes: \d+")
_STAMP = re.compile(r'id="part-([\w-]+)" data-stamp="(\w+)"')
_POSTED = "application/x-www-form-urlencoded"


def main() -> None:
    """Start a database of our own and measure."""
    with SERVERS.postgres:
        measure()
        connection.close()


def measure() -> None:
    """Measure, print and write var/bench/editor.json, editor_three.json and picker.json."""
    call_command("migrate", verbosity=0)
    client, team = _prepared()
    large = large_config.text(cloud="aws")
    gc.collect()
    gc.freeze()  # as the web process does once it is loaded
    _measure_edits("editor", _Editor(client, _template("large", large, team)), goal=150, groups=50)
    three = large_config.text(cloud="aws", groups=3)
    _measure_edits(
        "editor_three", _Editor(client, _template("small", three, team)), goal=60, groups=3
    )
    picker = reverse("configurations:picker", args=[team.pk])
    types = len(types_in(Cloud.objects.get(name="aws")) or {})
    searches = [_timed(client, picker, need, get=True) for need in _needs()]
    unit = f"ms to search {types:,} types, p95"
    _write("picker", searches, goal=100, unit=unit, bounds=[])


class _Editor:
    """The editor as a browser holds it: it posts its fields, and the stamps of its parts."""

    def __init__(self, client: Client, template: int) -> None:
        self.client = client
        self.address = reverse("configurations:check-template", args=[template])
        page = client.get(reverse("configurations:edit-template", args=[template])).text
        self.fields, self.stamps = Page(page).fields, dict(_STAMP.findall(page))
        self.sent = self.answered = 0

    def edit(self, *, row: str, number: int) -> float:
        """Change one field; return how long the answer took."""
        stamps = {name: stamp for name, stamp in self.stamps.items() if name != row}
        fields = {**self.fields, f"{row}-max_nodes": str(number), "stamps": json.dumps(stamps)}
        del fields["text"]  # it is what the form shows
        body = urlencode(fields, doseq=True)
        began = time.perf_counter()
        answer = self.client.post(self.address, body, content_type=_POSTED)
        taken = 1000 * (time.perf_counter() - began)
        assert answer.status_code == 200, html.unescape(answer.text)[:500]
        self.sent, self.answered = len(body), len(answer.content)
        return taken


def _measure_edits(name: str, editor: _Editor, *, goal: float, groups: int) -> None:
    edits, bounds = [], []
    for number in range(ROUNDS + 2):
        edits.append(editor.edit(row="g2", number=10 + number))
        text = _TEXT.sub(f"max_nodes: {100 + number}", editor.fields["text"])
        began = time.perf_counter()
        structure(read(text).value)
        bounds.append(1000 * (time.perf_counter() - began))
    sizes = {"sent_bytes": editor.sent, "answered_bytes": editor.answered}
    unit = f"ms to answer an edit of {groups} groups, p95"
    _write(name, edits, goal=goal, unit=unit, bounds=bounds, **sizes)


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


def _prepared() -> tuple[Client, Team]:
    user = User.objects.create(email="bench@example.org", name="Bench")
    team = Team.objects.create(name="Bench", slug="bench")
    Membership.objects.create(user=user, team=team, role=Role.ENGINEER)
    Cloud.objects.create(name="aws", provider="aws", region="us-east-1", is_shared=True)
    register("ray", ray_version="2.60.0", location="/opt/ray/bin/ray")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user)
    return client, team


def _template(name: str, text: str, team: Team) -> int:
    by = User.objects.get(email="bench@example.org")
    version = create_template(team=team, name=name, text=text, message="First.", by=by)
    return version.template_id


def _timed(client: Client, address: str, values: dict[str, Any], *, get: bool = False) -> float:
    began = time.perf_counter()
    answer = client.get(address, values) if get else client.post(address, values)
    taken = 1000 * (time.perf_counter() - began)
    assert answer.status_code == 200, html.unescape(answer.text)[:500]
    return taken


def _write(
    name: str, times: list[float], *, goal: float, unit: str, bounds: list[float], **sizes: int
) -> None:
    kept = sorted(times[2:])
    details: dict[str, Any] = {"median": round(statistics.median(kept), 1), **sizes}
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
