"""Requests through the proxy: what JupyterLab gets, what browsers get, and who gets nothing."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from clusters.workspaces import access
from clusters.workspaces.access import Closed, Guest
from mobula.edge.workspaces import admission, application, upstream
from tests.edge.workspaces.conftest import ALICE, LAB, MALLORY, Door, Jupyter
from tests.ray_nodes import free_port


def test_nothing_of_mobula_s_reaches_jupyter(door: Door, jupyter: Jupyter) -> None:
    sent = {
        "Authorization": "Bearer of-mobula",
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Prefix": "/evil",
        "X-Scheme": "https",
        "Referer": "http://127.0.0.1:8000/clusters/",
        "Connection": "X-Secret, keep-alive",
        "X-Secret": "of this hop",
        "TE": "trailers",
        "X-Kept": "yes",
    }
    with door.browser(**sent) as browser:
        assert browser.get("/api/status?a=%2F").status_code == 200
    (seen,) = jupyter.seen
    headers = seen["headers"]
    assert headers["authorization"] == "token token-of-jupyter"
    assert headers["host"] == f"127.0.0.1:{jupyter.port}"
    assert headers["x-kept"] == "yes"
    assert headers["connection"] == "close"
    dropped = {"cookie", "x-forwarded-for", "x-forwarded-prefix", "x-scheme", "referer"}
    dropped |= {"origin", "te", "x-secret", "keep-alive"}
    assert not dropped & headers.keys()
    assert (seen["path"], seen["query"]) == (f"/workspaces/{LAB}/api/status", b"a=%2F")


def test_the_browser_gets_a_policy_and_no_cookie_of_jupyter_s(door: Door) -> None:
    with door.browser() as browser:
        answer = browser.get("/lab")
    assert answer.text == "hello"
    policies = answer.headers.get_list("content-security-policy")
    assert "frame-ancestors 'self'" in policies  # JupyterLab's own stays, beside ours
    ours = next(policy for policy in policies if "default-src" in policy)
    assert "form-action 'self'" in ours
    assert f"connect-src 'self' ws://{door.host} data: blob:" in ours
    gone = {"set-cookie", "service-worker-allowed", "access-control-allow-origin", "keep-alive"}
    assert not gone & answer.headers.keys()
    assert answer.headers["location"] == f"{door.origin}/workspaces/{LAB}/tree"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_bodies_pass_in_both_ways_and_of_any_kind(door: Door, jupyter: Jupyter) -> None:
    content = b"0123456789" * 200_000
    with door.browser(Origin=door.origin) as browser:
        assert browser.put("/api/contents/a", content=content).status_code == 200
        pieces = (content[at : at + 65_536] for at in range(0, len(content), 65_536))
        assert browser.put("/api/contents/b", content=pieces).status_code == 200
        assert len(browser.get("/large").content) == 40 * 2**20
    assert [seen["body"] for seen in jupyter.seen] == [content, content, b""]


@pytest.mark.parametrize("guest", [None, MALLORY, Guest(1, "another session")])
def test_anybody_else_gets_404(door: Door, jupyter: Jupyter, guest: Guest | None) -> None:
    with door.browser(guest) as browser:
        answer = browser.get("/lab")
    assert answer.status_code == 404
    assert f"http://127.0.0.1:8000/workspaces/{LAB}/" in answer.text
    assert jupyter.seen == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:{port}", "localhost:{port}", f"{'0' * 32}.localhost:{{port}}", "evil.example"],
)
def test_another_host_than_the_workspace_s_own_gets_404(door: Door, host: str) -> None:
    with door.browser(Host=host.format(port=door.port)) as browser:
        assert browser.get("/lab").status_code == 404


def test_a_cookie_of_one_workspace_opens_no_other(door: Door) -> None:
    import uuid

    other = access.make_cookie(ALICE, workspace_id=uuid.uuid4())
    with door.browser(None, Cookie=f"mobula-workspace={other}") as browser:
        assert browser.get("/lab").status_code == 404


def test_an_old_cookie_opens_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with door.browser() as browser:
        later = time.time() + access.COOKIE_SECONDS + 61
        monkeypatch.setattr(access.time, "time", lambda: later)
        assert browser.get("/lab").status_code == 404


def test_who_loses_access_loses_it_with_the_next_look(door: Door) -> None:
    with door.browser() as browser:
        assert browser.get("/lab").status_code == 200
        door.answers.clear()
        assert browser.get("/lab").status_code == 404


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {}),
        ("POST", {"Origin": "http://127.0.0.1:8000"}),
        ("DELETE", {"Origin": "null"}),
        ("GET", {"Origin": "http://evil.example"}),
        ("GET", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}),
    ],
)
def test_requests_of_other_sites_are_refused(
    door: Door, jupyter: Jupyter, method: str, headers: dict[str, str]
) -> None:
    with door.browser(**headers) as browser:
        assert browser.request(method, "/api/contents/a").status_code == 403
    assert jupyter.seen == []


def test_a_link_from_mobula_may_be_followed(door: Door) -> None:
    with door.browser(**{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}) as browser:
        assert browser.get("/lab").status_code == 200


def test_a_workspace_that_does_not_run_says_so(door: Door) -> None:
    door.answers[ALICE] = Closed("The workspace lab is stopped. Start it, and open it again.")
    with door.browser() as browser:
        answer = browser.get("/lab")
    assert answer.status_code == 503
    assert "lab is stopped" in answer.text


def test_a_dead_upstream_gives_a_page_that_says_so(door: Door) -> None:
    door.answers[ALICE] = access.Upstream(f"http://127.0.0.1:{free_port()}", "t")
    with door.browser() as browser:
        answer = browser.get("/lab")
    assert answer.status_code == 502
    assert "JupyterLab does not answer" in answer.text


def test_a_slow_upstream_is_not_waited_for_without_end(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "ANSWER_SECONDS", 0.3)
    with door.browser() as browser:
        assert browser.get("/slow").status_code == 504


def test_an_upstream_that_speaks_no_http_gives_502(door: Door) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(65_536)
            connection.sendall(b"SSH-2.0-whatever\r\n\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        door.answers[ALICE] = access.Upstream(f"http://127.0.0.1:{server.getsockname()[1]}", "t")
        with door.browser() as browser:
            assert browser.get("/lab").status_code == 502


def test_a_body_beyond_the_limit_is_refused(
    door: Door, jupyter: Jupyter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "MOST_BODY_BYTES", 10_000)
    with door.browser(Origin=door.origin) as browser:
        assert browser.put("/api/contents/a", content=b"x" * 20_000).status_code == 413
        assert jupyter.seen == []  # as its length says
        pieces = iter([b"x" * 20_000])
        assert browser.put("/api/contents/a", content=pieces).status_code == 413


def test_open_requests_of_a_workspace_are_bounded(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "MOST_OPEN", 1)
    monkeypatch.setattr(upstream, "ANSWER_SECONDS", 3.0)
    with door.browser() as one, door.browser() as two:
        waiting = threading.Thread(target=lambda: one.get("/slow"), daemon=True)
        waiting.start()
        time.sleep(0.5)
        assert two.get("/lab").status_code == 429
        waiting.join(10)
        assert two.get("/lab").status_code == 200


def test_a_ticket_is_changed_for_a_cookie_of_this_host(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    redeemed: list[Any] = []

    def redeem(ticket: str, *, workspace_id: Any) -> Guest | None:
        redeemed.append((ticket, workspace_id))
        return ALICE if ticket == "good" else None

    monkeypatch.setattr(access, "redeem", redeem)
    with door.browser(None) as browser:
        assert browser.get("/-/enter?ticket=bad").status_code == 404
        answer = browser.get("/-/enter?ticket=good")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/workspaces/{LAB}/lab"
    cookie = answer.headers["set-cookie"]
    assert "; Path=/; " in cookie  # nothing else is on this host
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie
    value = cookie.partition(";")[0].partition("=")[2]
    assert access.read_cookie(value, workspace_id=LAB) == ALICE
    assert redeemed[-1] == ("good", LAB)


@pytest.mark.parametrize(
    ("url", "name", "path"),
    [
        ("https://*.example.org", "__Host-mobula-workspace", "/"),
        ("https://lab.example.org", "__Secure-mobula-workspace", f"/workspaces/{LAB}/"),
    ],
)
def test_a_secure_origin_has_a_secure_cookie(
    door: Door, settings: Any, monkeypatch: pytest.MonkeyPatch, url: str, name: str, path: str
) -> None:
    settings.WORKSPACES_URL = url
    monkeypatch.setattr(access, "redeem", lambda *_, **__: ALICE)
    host = url.removeprefix("https://").replace("*", LAB.hex)
    with door.browser(None, Host=host) as browser:
        answer = browser.get("/-/enter?ticket=good")
    assert answer.headers["set-cookie"].startswith(f"{name}=")
    assert f"; Path={path}; " in answer.headers["set-cookie"]
    assert answer.headers["set-cookie"].endswith("; Secure")


def test_a_cookie_that_another_site_put_before_locks_nobody_out(door: Door) -> None:
    good = access.make_cookie(ALICE, workspace_id=LAB)
    words = f"mobula-workspace=tossed; mobula-workspace={good}"
    with door.browser(None, Cookie=words) as browser:
        assert browser.get("/lab").status_code == 200


def test_the_health_page_needs_nothing(door: Door) -> None:
    answer = httpx.get(f"http://127.0.0.1:{door.port}/healthz/", trust_env=False)
    assert answer.text == "ok\n"
