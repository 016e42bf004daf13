"""The working directory of a test as one zip file, within bounds, the same for the same files."""

import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.promotions.code import wrong_path

MIB = 2**20
MOST_BYTES = 16 * MIB  # unpacked
MOST_PACKED_BYTES = 7 * MIB  # of an upload: with its form, it stays below what a request may have
MOST_FILES = 2_000

_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError,
    EOFError, OSError, ValueError, UnicodeError,
)  # fmt: skip


class BadArchive(Exception):
    """The files cannot be a working directory; the message says which one, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much the files may be; `purpose` names what needs them in a sentence."""

    packed_bytes: int
    unpacked_bytes: int
    files: int
    purpose: str = "the test"
    ratio: int = 0  # of more than 1 MiB: unpacked to packed bytes at most; 0: any


def _of_tests() -> Bounds:
    return Bounds(packed_bytes=MOST_PACKED_BYTES, unpacked_bytes=MOST_BYTES, files=MOST_FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file below the working directory."""

    path: str
    content: bytes
    is_executable: bool = False


def unpacked(content: bytes, bounds: Bounds | None = None) -> list[File]:
    """Return the files of a zip file that somebody uploaded; raises `BadArchive`.

    The default bounds are those of the code of test workloads.
    """
    bounds = bounds or _of_tests()
    if len(content) > bounds.packed_bytes:
        raise BadArchive(
            f"The zip file has {len(content):,} bytes; at most {bounds.packed_bytes:,} are "
            f"accepted. Use a Git repository, or leave out what {bounds.purpose} does not need."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive, bounds, packed=len(content))
    except _BROKEN as error:
        raise BadArchive("This is no zip file, or it is damaged. Create it again.") from error


def _read(archive: zipfile.ZipFile, bounds: Bounds, *, packed: int) -> list[File]:
    entries = archive.infolist()
    check_count(len(entries), bounds)
    files: list[File] = []
    room = bounds.unpacked_bytes
    if bounds.ratio:
        room = min(room, max(MIB, packed * bounds.ratio))
    left = room
    for entry in entries:
        _check_entry(entry)
        if entry.is_dir():
            continue
        # What an entry says of its size is not believed: a bomb says what it likes.
        with archive.open(entry) as packed_file:
            found = packed_file.read(left + 1)
        left -= len(found)
        if left < 0 and room < bounds.unpacked_bytes:
            raise BadArchive(
                f"'{entry.filename[:80]}' is packed more than {bounds.ratio} times smaller than "
                "it is. Pack it again, or use a Git repository."
            )
        check_size(room - left, bounds)
        files.append(
            File(path=entry.filename, content=found, is_executable=bool(_mode(entry) & 0o100))
        )
    return files


def _mode(entry: zipfile.ZipInfo) -> int:
    return entry.external_attr >> 16 if entry.create_system == _UNIX else 0


def _check_entry(entry: zipfile.ZipInfo) -> None:
    # zipfile cuts a name at NUL and turns this system's separators: the name of the file counts.
    name = entry.orig_filename
    if reason := wrong_path(name.removesuffix("/")):
        raise BadArchive(reason)
    if entry.flag_bits & _ENCRYPTED:
        raise BadArchive(f"'{name}' is encrypted. Create the zip file without a password.")
    kind = stat.S_IFMT(_mode(entry))
    if kind == stat.S_IFLNK:
        raise BadArchive(f"'{name}' is a symbolic link. Replace it with the file.")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise BadArchive(f"'{name}' is neither a file nor a folder.")


def check_count(count: int, bounds: Bounds | None = None) -> None:
    """Refuse more files than there may be."""
    most = (bounds or _of_tests()).files
    if count > most:
        raise BadArchive(f"It has {count:,} files; at most {most:,} are accepted.")


def check_size(size: int, bounds: Bounds | None = None) -> None:
    """Refuse more bytes than there may be."""
    bounds = bounds or _of_tests()
    if size > bounds.unpacked_bytes:
        raise BadArchive(
            f"Its files have more than {bounds.unpacked_bytes // MIB} MiB together. Leave out what "
            f"{bounds.purpose} does not need."
        )


def packed(files: Sequence[File]) -> bytes:
    """Return the files as a zip file; the same files give the same bytes. Raises `BadArchive`.

    Nothing is compressed: compressors differ between machines, and a digest must not.
    """
    if not files:
        raise BadArchive("It has no files.")
    check_count(len(files))
    check_size(sum(len(file.content) for file in files))
    check_paths([file.path for file in files])
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(files, key=lambda file: file.path):
            entry = zipfile.ZipInfo(file.path, _TIMESTAMP)
            entry.create_system = _UNIX
            mode = 0o755 if file.is_executable else 0o644
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, file.content)
    return whole.getvalue()


def check_paths(paths: Iterable[str]) -> None:
    """Refuse paths outside of the directory, and two that cannot be there together."""
    seen: set[str] = set()
    folders: set[str] = set()
    for path in sorted(paths):
        if reason := wrong_path(path):
            raise BadArchive(reason)
        parts = path.split("/")
        above = {"/".join(parts[:count]) for count in range(1, len(parts))}
        if path in seen or path in folders or above & seen:
            raise BadArchive(f"'{path}' is there twice, or is a file and a folder.")
        seen.add(path)
        folders |= above


def digest(package: bytes) -> str:
    """Return what names a package: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(package).hexdigest()
