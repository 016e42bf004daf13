"""The token of JupyterLab stays behind the proxy."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence

import pytest

from mobula.edge.workspaces.withholding import without
from tests.edge.workspaces.conftest import ALICE, Door, upstream_that

PAGE = b'<script id="c">{"token": "token-of-jupyter", "baseUrl": "/"}</script>'


def _says(kind: bytes, content: bytes) -> bytes:
    length = str(len(content)).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %s\r\n\r\n%s" % (
        kind,
        length,
        content,
    )


def test_a_page_of_jupyter_s_has_no_token(door: Door) -> None:
    def says(connection: socket.socket) -> None:
        connection.sendall(_says(b"text/html; charset=UTF-8", PAGE))

    with upstream_that(says) as door.answers[ALICE], door.browser() as browser:
        answer = browser.get("/lab")
    assert answer.text == '<script id="c">{"token": "", "baseUrl": "/"}</script>'


def test_files_pass_as_they_are(door: Door) -> None:
    def says(connection: socket.socket) -> None:
        connection.sendall(_says(b"application/octet-stream", PAGE))

    with upstream_that(says) as door.answers[ALICE], door.browser() as browser:
        answer = browser.get("/files/page")
    assert answer.content == PAGE
    assert answer.headers["content-length"] == str(len(PAGE))


@pytest.mark.parametrize(
    "pieces",
    [
        [b"a secret b"],
        [b"a sec", b"ret b"],
        [b"a ", b"s", b"e", b"c", b"r", b"e", b"t", b" b"],
        [b"a secret", b" b", b""],
        [b"", b"a ", b"secret b"],
    ],
)
def test_it_is_found_wherever_pieces_end(pieces: Sequence[bytes]) -> None:
    assert _joined(b"secret", pieces) == b"a  b"


@pytest.mark.parametrize("secret", [b"", b"x"])
def test_what_has_no_secret_passes(secret: bytes) -> None:
    assert _joined(secret, [b"se", b"cre", b""]) == b"secre"


def _joined(secret: bytes, pieces: Sequence[bytes]) -> bytes:
    async def given() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def joined() -> bytes:
        return b"".join([piece async for piece in without(secret, given())])

    return asyncio.run(joined())
