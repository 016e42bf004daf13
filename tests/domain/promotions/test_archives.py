"""A zip file is taken apart with suspicion and put together the same way each time."""

import io
import stat
import zipfile
import zlib

import pytest

from domain.promotions import archives
from domain.promotions.archives import MOST_BYTES, BadArchive, File, digest, packed, unpacked


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return whole.getvalue()


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.create_system = 3
    found.external_attr = mode << 16
    return found


def test_files_come_out_as_they_went_in() -> None:
    tool = entry("bin/tool", stat.S_IFREG | 0o755)
    found = unpacked(zipped(("run.py", b"print()"), ("bin/", b""), (tool, b"#!/bin/sh")))
    assert found == [
        File(path="run.py", content=b"print()"),
        File(path="bin/tool", content=b"#!/bin/sh", is_executable=True),
    ]
    assert unpacked(packed(found)) == sorted(found, key=lambda file: file.path)


def test_the_same_files_have_the_same_digest_in_whatever_order_and_zip() -> None:
    one = packed(unpacked(zipped(("a", b"1"), ("b", b"2"))))
    other = packed(unpacked(zipped((entry("b", stat.S_IFREG | 0o644), b"2"), ("a", b"1"))))
    assert one == other
    assert digest(one) == digest(other)
    assert digest(one) != digest(packed([File(path="a", content=b"1")]))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/etc/cron.d/x", "absolute"),
        ("../outside", "'..'"),
        ("a/../../outside", "'..'"),
        ("a\\b", "backslash"),
        (entry("link", stat.S_IFLNK | 0o777), "'link' is a symbolic link"),
        (entry("pipe", stat.S_IFIFO | 0o644), "'pipe' is neither a file nor a folder"),
    ],
)
def test_entries_that_could_leave_the_directory_are_refused(
    name: str | zipfile.ZipInfo, words: str
) -> None:
    with pytest.raises(BadArchive, match=words):
        unpacked(zipped((name, b"/etc/passwd")))


def test_two_files_in_one_place_are_refused() -> None:
    files = [File(path="a", content=b""), File(path="a/b", content=b"")]
    for pair in (files, files[::-1], files[:1] * 2):
        with pytest.raises(BadArchive, match="twice, or is a file and a folder"):
            packed(pair)


def test_a_bomb_is_left_as_soon_as_it_is_too_large() -> None:
    bomb = zipped(*((f"zeros-{number}", bytes(MOST_BYTES // 2)) for number in range(4)))
    assert len(bomb) < MOST_BYTES / 100
    with pytest.raises(BadArchive, match="more than 16 MiB together"):
        unpacked(bomb)


def test_a_bomb_that_lies_about_its_size_is_not_believed() -> None:
    content = bytearray(zipped(("zeros", bytes(MOST_BYTES + 1))))
    directory = content.rindex(b"PK\1\2")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    found: list[File] = []
    try:
        found = unpacked(bytes(content))
    except BadArchive:
        return
    assert sum(len(file.content) for file in found) <= 10


def test_too_many_files_and_too_large_an_upload_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "MOST_FILES", 2)
    with pytest.raises(BadArchive, match="It has 3 files; at most 2"):
        unpacked(zipped(("a", b""), ("b", b""), ("c", b"")))
    monkeypatch.setattr(archives, "MOST_PACKED_BYTES", 10)
    with pytest.raises(BadArchive, match="at most 10 are accepted"):
        unpacked(zipped(("a", b"")))


def test_what_is_no_zip_file_is_said_to_be_none() -> None:
    whole = zipped(("a", b"x" * 1000))
    damaged = whole.replace(zlib.compress(b"x" * 1000)[2:10], b"\xff" * 8)
    for content in (b"", b"PK", b"no zip", whole[:-10], damaged):
        with pytest.raises(BadArchive, match="no zip file, or it is damaged"):
            unpacked(content)


def test_encrypted_and_empty_ones_are_refused() -> None:
    content = bytearray(zipped(("a", b"x")))
    content[content.rindex(b"PK\1\2") + 8] |= 1
    with pytest.raises(BadArchive, match="'a' is encrypted"):
        unpacked(bytes(content))
    with pytest.raises(BadArchive, match="no files"):
        packed(unpacked(zipped(("folder/", b""))))
