"""(p) A line of a build's log until each of 100 viewers has it, from a real web process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import statistics
import threading
import time
from pathlib import Path

import httpx

from benchmarks import report
from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import Team, User  # noqa: E402
from images.building.log import LogWriter  # noqa: E402
from images.models import Build, Image, ImageVersion  # noqa: E402
from tests.busy.sign_in_rush import web_process  # noqa: E402

USERS, VIEWERS_EACH = 5, 20
SECONDS, LINES_PER_SECOND = 30.0, 10
_LOOK_SECONDS = 0.25  # as processes of a build are looked at


def main() -> None:
    before = report.machine()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with SERVERS.postgres:
        call_command("prepare", verbosity=0, stdout=Path(os.devnull).open("w"))  # noqa: SIM115
        build, sessions = _build()
        connection.close()
        with web_process(os.environ, directory=SERVERS.directory) as url:
            delays, pages = asyncio.run(_watched(url, build, sessions))
    ordered = sorted(delays)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(f"{len(delays):,} lines arrived; the slowest after {ordered[-1]:.2f} s")
    report.write(
        "build_log",
        goal=1.0,
        value=p95,
        unit=f"s from a line to each of {USERS * VIEWERS_EACH} viewers, p95",
        median=round(statistics.median(ordered), 3),
        slowest=round(ordered[-1], 3),
        arrived=len(delays),
        page=report.seconds(pages),
        machine={"before": before, "after": report.machine()},
    )


def _build() -> tuple[Build, list[str]]:
    team = Team.objects.create(name="Builders", slug="builders")
    author = User.objects.earliest("pk")
    image = Image.objects.create(name="train", team=team)
    version = ImageVersion.objects.create(
        image=image, number=1, source="dockerfile", state="building", dockerfile="FROM a:1\n"
    )
    build = Build.objects.create(version=version, attempt=1, asked_by=author, state="running")
    sessions = []
    for number in range(USERS):
        user = User.objects.create(email=f"{number}@example.org", is_superuser=True)
        client = Client()
        client.force_login(user)
        sessions.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    return build, sessions


async def _watched(url: str, build: Build, sessions: list[str]) -> tuple[list[float], list[float]]:
    written: dict[int, float] = {}
    delays: list[float] = []
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
        ready = [asyncio.Event() for _ in range(USERS * VIEWERS_EACH)]
        viewers = []
        for number, event in enumerate(ready):
            cookies = {settings.SESSION_COOKIE_NAME: sessions[number % USERS]}
            if number < USERS:  # the guard knows whose session it is
                await http.get("/", cookies=cookies)
            viewers.append(
                asyncio.ensure_future(_view(http, build, cookies, event, written, delays))
            )
        async with asyncio.timeout(60):
            for event in ready:
                await event.wait()
        thread = threading.Thread(target=_write, args=(build, written))
        thread.start()
        pages = []
        while thread.is_alive():
            began = time.monotonic()
            await http.get("/", cookies={settings.SESSION_COOKIE_NAME: sessions[0]})
            pages.append(time.monotonic() - began)
            await asyncio.sleep(1)
        await asyncio.sleep(5)
        for viewer in viewers:
            viewer.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
    expected = len(written) * USERS * VIEWERS_EACH
    if len(delays) != expected:
        raise SystemExit(f"{len(delays):,} lines arrived, not {expected:,}.")
    return delays, pages


async def _view(
    http: httpx.AsyncClient,
    build: Build,
    cookies: dict[str, str],
    ready: asyncio.Event,
    written: dict[int, float],
    delays: list[float],
) -> None:
    address = f"/images/builds/{build.pk}/stream/"
    async with http.stream("GET", address, cookies=cookies) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            ready.set()
            if line.startswith('data: {"lines"'):
                moment = time.monotonic()
                lines = json.loads(line.removeprefix("data: "))["lines"]
                delays += [moment - written[number] for number, _ in lines]


def _write(build: Build, written: dict[int, float]) -> None:
    log = LogWriter(build)
    began = time.monotonic()
    look_at = began
    for number in range(1, int(SECONDS * LINES_PER_SECOND) + 1):
        while time.monotonic() < began + number / LINES_PER_SECOND:
            if time.monotonic() >= look_at:
                look_at += _LOOK_SECONDS
                log.flush()
            time.sleep(0.01)
        written[number] = time.monotonic()
        log.write(f"line {number}: collecting packages\n".encode())
    log.flush()
    connection.close()


if __name__ == "__main__":
    main()
