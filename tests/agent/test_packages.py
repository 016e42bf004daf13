"""Packages of code come in pieces, whole and as their digest says, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from agent import packages
from agent.link import Link
from agent.packages import NotDownloaded, Packages
from tests.agent.mobula_double import MobulaDouble

CONTENT = bytes(range(256)) * 20
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def mobula() -> Iterator[MobulaDouble]:
    """A Mobula that has one package."""
    with MobulaDouble(token=TOKEN) as double:
        double.packages[DIGEST] = CONTENT
        yield double


TOKEN = "right"


def download(mobula: MobulaDouble, *, token: str = TOKEN, size: int = len(CONTENT)) -> bytes:
    return Packages(Link(mobula.url, token=token)).download(digest=DIGEST, size=size)


def test_a_package_comes_whole(mobula: MobulaDouble) -> None:
    assert len(CONTENT) > 5 * mobula.piece_bytes
    assert download(mobula) == CONTENT


def test_a_package_that_mobula_does_not_hand_out_is_not_asked_for_again(
    mobula: MobulaDouble,
) -> None:
    mobula.packages.clear()
    with pytest.raises(NotDownloaded, match="404"):
        download(mobula)
    with pytest.raises(NotDownloaded, match="401"):
        download(mobula, token="guessed")


def test_another_content_than_was_promised_is_refused(mobula: MobulaDouble) -> None:
    mobula.packages[DIGEST] = CONTENT[:-1] + b"x"
    with pytest.raises(NotDownloaded, match="digests differ"):
        download(mobula)
    mobula.packages[DIGEST] = CONTENT[:-1]
    with pytest.raises(NotDownloaded, match="digests differ"):
        download(mobula)


@pytest.mark.parametrize("size", [0, -1, packages.MOST_BYTES + 1])
def test_a_size_out_of_bounds_is_refused_before_anything_comes(
    mobula: MobulaDouble, size: int
) -> None:
    with pytest.raises(NotDownloaded, match="is not accepted"):
        download(mobula, size=size)


def test_an_outage_is_waited_for_and_not_for_ever(
    mobula: MobulaDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    def back(_: float) -> None:
        mobula.answer_code = 200

    mobula.answer_code = 503
    monkeypatch.setattr(packages.time, "sleep", back)
    assert download(mobula) == CONTENT
    mobula.answer_code = 503
    monkeypatch.setattr(packages, "INSIST_SECONDS", -1.0)
    with pytest.raises(NotDownloaded, match="503"):
        download(mobula)
