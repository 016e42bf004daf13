"""PNG files in fewer bytes: with a palette of the 256 colors that a screenshot has most."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXEL = 3  # bytes: red, green, blue


def packed(png: bytes) -> bytes:
    """Return a picture as a browser takes it, each color replaced by the nearest of 256."""
    chunks = list(_chunks(png))
    width, height, depth, kind = struct.unpack_from(">IIBB", chunks[0][1])
    if (depth, kind) != (8, 2):
        raise ValueError(f"Only pictures of 8-bit RGB are known, not depth {depth}, type {kind}.")
    pixels = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    rows = [
        [bytes(line[at : at + PIXEL]) for at in range(0, len(line), PIXEL)]
        for line in _lines(pixels, width * PIXEL)
    ]
    palette = [color for color, _ in Counter(c for row in rows for c in row).most_common(256)]
    place = _places({color for row in rows for color in row}, palette)
    indexed = b"".join(b"\0" + bytes(place[color] for color in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(indexed, 9))
    return SIGNATURE + b"".join(_chunk(name, data) for name, data in (*parts, (b"IEND", b"")))


def _places(colors: set[bytes], palette: list[bytes]) -> dict[bytes, int]:
    """Return which color of the palette is the nearest to each."""
    return {
        color: min(
            range(len(palette)),
            key=lambda at: sum((a - b) ** 2 for a, b in zip(palette[at], color, strict=True)),
        )
        for color in colors
    }


def _lines(pixels: bytes, length: int) -> Iterator[bytearray]:
    """Yield each line without the filter that it was written with."""
    before = bytearray(length)
    for start in range(0, len(pixels), length + 1):
        how, line = pixels[start], bytearray(pixels[start + 1 : start + 1 + length])
        for at in range(length) if how else ():
            left = line[at - PIXEL] if at >= PIXEL else 0
            corner = before[at - PIXEL] if at >= PIXEL else 0
            line[at] = (line[at] + _guess(how, left, before[at], corner)) & 255
        yield line
        before = line


def _guess(how: int, left: int, up: int, corner: int) -> int:
    """Return what a filter of PNG expects a byte to be: none, sub, up, average, Paeth."""
    if how < 4:
        return (0, left, up, (left + up) // 2)[how]
    near = left + up - corner
    return min((left, up, corner), key=lambda value: abs(near - value))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place < len(png):
        length, name = struct.unpack_from(">I4s", png, place)
        yield name, png[place + 8 : place + 8 + length]
        place += 12 + length


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
