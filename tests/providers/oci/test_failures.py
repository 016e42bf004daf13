"""Registries that fail, lie, stall or send elsewhere: each ends in a sentence, and in time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from providers.errors import BadCredentials, InvalidRequest, ProviderError, Throttled, Unreachable
from providers.oci import Password, RegistryClient, describe
from providers.oci.transport import is_safe, scheme_of, trusting

type Reply = tuple[int, dict[str, str], bytes]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Registry(ThreadingHTTPServer):
    """Answers with what `reply` makes of each request, and remembers them."""

    daemon_threads = True

    def __init__(self, reply: Callable[[BaseHTTPRequestHandler], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.asked: list[tuple[str, str]] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        status, headers, body = self.server.reply(self)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):  # whoever asked may have gone
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


type Serve = Callable[[Callable[[BaseHTTPRequestHandler], Reply]], Registry]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Registry] = []

    def started(reply: Callable[[BaseHTTPRequestHandler], Reply]) -> Registry:
        server = Registry(reply)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return server

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


def asked(server: Registry, *, login: str = "", seconds: float = 5.0) -> RegistryClient:
    return RegistryClient(server.host, "ml/train", login=Password(login), seconds=seconds)


@pytest.mark.parametrize(
    ("status", "raised", "times"),
    [(500, Unreachable, 3), (503, Unreachable, 3), (429, Throttled, 3), (404, InvalidRequest, 1)],
)
def test_only_what_may_pass_is_tried_again(
    serve: Serve, status: int, raised: type[ProviderError], times: int
) -> None:
    server = serve(lambda _: (status, {}, b""))
    with pytest.raises(raised):
        describe(asked(server), "1")
    assert len(server.asked) == times


def test_registry_that_recovers_is_asked_until_it_does(serve: Serve) -> None:
    server = serve(lambda _: (503 if len(server.asked) < 3 else 404, {}, b""))
    with pytest.raises(InvalidRequest, match="has no image"):
        describe(asked(server), "1")
    assert len(server.asked) == 3


def test_nobody_waits_longer_than_there_is_time(serve: Serve) -> None:
    server = serve(lambda _: (429, {"Retry-After": "600"}, b""))
    began = time.monotonic()
    with pytest.raises(Throttled, match="Try in 600 seconds"):
        describe(asked(server), "1")
    assert time.monotonic() - began < 2
    assert len(server.asked) == 1


def test_registry_that_stalls_is_left(serve: Serve) -> None:
    def stall(_: BaseHTTPRequestHandler) -> Reply:
        time.sleep(2)
        return 200, {}, b"{}"

    with pytest.raises(Unreachable, match=r"did not answer within 0\.5 s"):
        describe(asked(serve(stall), seconds=0.5), "1")


def test_huge_answer_is_not_read_to_its_end(serve: Serve) -> None:
    server = serve(lambda _: (200, {"Content-Type": MANIFEST}, b" " * (5 * 2**20)))
    with pytest.raises(InvalidRequest, match="more than 4096 KiB"):
        describe(asked(server), "1")


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        ({"Docker-Content-Digest": f"sha256:{'a' * 64}"}, b"{}", "does not have the digest"),
        ({}, b"[]", "no JSON object"),
        ({}, b"<html>", "not JSON"),
        ({"Content-Type": "text/html"}, b"{}", "its type is 'text/html'"),
        ({"Content-Type": MANIFEST}, b'{"config": 7}', "names no configuration"),
    ],
)
def test_answer_that_is_wrong_is_refused(
    serve: Serve, headers: dict[str, str], body: bytes, said: str
) -> None:
    server = serve(lambda _: (200, headers, body))
    with pytest.raises(ProviderError, match=said):
        describe(asked(server), "1")


def test_credentials_do_not_follow_a_redirect_to_another_host(serve: Serve) -> None:
    elsewhere = serve(lambda _: (404, {}, b""))
    place = f"http://{elsewhere.host}/blob"

    def reply(request: BaseHTTPRequestHandler) -> Reply:
        if not request.headers["Authorization"]:
            return 401, {"WWW-Authenticate": 'Basic realm="x"'}, b""
        return 307, {"Location": place}, b""

    with pytest.raises(InvalidRequest):
        describe(asked(serve(reply), login="ci:secret"), "1")
    assert elsewhere.asked == [("/blob", "")]


@pytest.mark.parametrize(
    "place", ["http://169.254.169.254/latest/", "ftp://127.0.0.1/x", "file:///etc/passwd"]
)
def test_redirect_to_an_unsafe_place_is_refused(serve: Serve, place: str) -> None:
    server = serve(lambda _: (302, {"Location": place}, b""))
    with pytest.raises(InvalidRequest, match="redirects to a place without HTTPS"):
        describe(asked(server), "1")


def test_redirects_end(serve: Serve) -> None:
    server = serve(lambda _: (302, {"Location": "/again"}, b""))
    with pytest.raises(InvalidRequest, match="more than 3 times"):
        describe(asked(server), "1")


def test_token_service_gets_the_password_and_the_registry_the_token(serve: Serve) -> None:
    def reply(request: BaseHTTPRequestHandler) -> Reply:
        if request.path.startswith("/token"):
            return 200, {}, json.dumps({"token": "t0ken"}).encode()
        if request.headers["Authorization"] != "Bearer t0ken":
            realm = f'Bearer realm="http://{server.host}/token",service="r"'
            return 401, {"WWW-Authenticate": realm}, b""
        return 404, {}, b""

    server = serve(reply)
    with pytest.raises(InvalidRequest, match="has no image"):
        describe(asked(server, login="ci:secret"), "1")
    [_, (path, basic), (_, bearer)] = server.asked
    assert path == "/token?service=r&scope=repository%3Aml%2Ftrain%3Apull"
    assert (basic, bearer) == ("Basic Y2k6c2VjcmV0", "Bearer t0ken")


@pytest.mark.parametrize("realm", ["http://r.example.org/token", "http://u@127.0.0.1/", ""])
def test_password_goes_to_no_token_service_in_clear(serve: Serve, realm: str) -> None:
    server = serve(lambda _: (401, {"WWW-Authenticate": f'Bearer realm="{realm}"'}, b""))
    with pytest.raises(InvalidRequest, match="does not use HTTPS"):
        describe(asked(server, login="ci:secret"), "1")
    assert [sent for _, sent in server.asked] == [""]


def test_refusal_after_signing_in_is_one_of_credentials(serve: Serve) -> None:
    server = serve(lambda _: (403, {}, b""))
    with pytest.raises(BadCredentials):
        describe(asked(server), "1")


def test_nobody_listens() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        describe(RegistryClient("127.0.0.1:9", "x", seconds=3), "1")


def test_only_this_host_is_spoken_to_in_clear() -> None:
    assert [scheme_of(host) for host in ("localhost:5000", "127.0.0.1", "[::1]:5000")] == [
        "http"
    ] * 3
    assert scheme_of("registry.example.org:80") == scheme_of("127.example.org") == "https"
    assert not is_safe("http://127.0.0.1/", like="registry.example.org")


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="Paste the PEM text"):
        trusting("no certificate")
