"""Many sign-ins at once, each from another address, and what they do to a page meanwhile."""

import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import httpx

from mobula.stack import programs
from mobula.stack.health import answers
from mobula.stack.process import Process
from tests.e2e.waiting import eventually
from tests.ray_nodes import free_port

SIGN_INS = 40
PAGE = "/accounts/"
WAITING = 0  # instead of a status


@dataclass(frozen=True)
class Rush:
    """A page's times in seconds, before and during the rush, and how sign-ins were answered."""

    idle: list[float]
    busy: list[float]
    statuses: Counter[int]

    @property
    def ratio(self) -> float:
        """How many times longer the page takes during the rush."""
        return statistics.median(self.busy) / statistics.median(self.idle)


@contextmanager
def web_process(environment: Mapping[str, str], *, directory: Path) -> Iterator[str]:
    """Run the web process, as `mobula up` does, behind a proxy at 127.0.0.1; yield its address."""
    port = free_port()
    url = programs.address(port)
    ours = {"MOBULA_URL": url, "MOBULA_TRUSTED_PROXIES": "127.0.0.1", "MOBULA_DB_POOL": "8"}
    program = programs.web(port=port, environment={**environment, **ours})
    web = Process(
        # A clean stop would wait for those who still wait.
        replace(program, stop_signal=signal.SIGKILL),
        log=directory / "web.log",
        pid_file=directory / "web.pid",
    )
    with web:
        eventually(lambda: answers(port, url=url), what="the web process answers")
        yield url


def rush(
    url: str,
    *,
    cookies: Mapping[str, str],
    samples: int,
    meanwhile: Callable[[], object] = lambda: None,
) -> Rush:
    """Return the page's times without and with 40 people who sign in, who are then given up.

    `meanwhile` is called while they wait.
    """
    statuses: list[int] = []
    with httpx.Client(base_url=url, cookies=cookies, timeout=120) as reader:
        _seconds(reader)  # the first page loads templates
        idle = [_seconds(reader) for _ in range(samples)]
        token = httpx.get(f"{url}/accounts/sign-in/").cookies["csrftoken"]
        for number in range(SIGN_INS):
            # Daemons: who still waits at the end need not be waited for.
            Thread(target=_sign_in, args=(url, number, token, statuses), daemon=True).start()
        time.sleep(1)  # until all of them have arrived
        busy = [_seconds(reader) for _ in range(samples)]
        meanwhile()
    answered = Counter(statuses)
    answered[WAITING] = SIGN_INS - answered.total()
    return Rush(idle=idle, busy=busy, statuses=answered)


def _sign_in(url: str, number: int, token: str, statuses: list[int]) -> None:
    answers = {"email": f"user{number}@example.org", "password": "x", "csrfmiddlewaretoken": token}
    headers = {
        "Cookie": f"csrftoken={token}",
        "X-Forwarded-For": f"203.0.113.{number}",
        "Referer": url,
    }
    with suppress(httpx.HTTPError):  # the server ends before everyone was answered
        page = httpx.post(f"{url}/accounts/sign-in/", data=answers, headers=headers, timeout=120)
        statuses.append(page.status_code)


def _seconds(client: httpx.Client) -> float:
    began = time.perf_counter()
    answer = client.get(PAGE)
    assert answer.status_code == httpx.codes.OK, answer.status_code
    return time.perf_counter() - began
