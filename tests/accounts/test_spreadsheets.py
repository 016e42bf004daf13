"""A spreadsheet that opens a download runs nothing in it."""

import csv
from pathlib import Path

import pytest

from accounts.spreadsheets import as_cell, csv_response

ROOT = Path(__file__).parents[2]
FORMULA = "cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    "start",
    [
        *["=", "+", "-", "@", "|", "\t=", "\r=", "\n=", " =", "\u00a0=", "\u3000="],
        *["\uff1d", "\uff0b", "\uff0d", "\uff20", "\uff5c", "\ufe62", "\ufe63", "\ufe66", "\ufe6b"],
        *["\ufeff=", "\u200b=", "\u200e=", "\u2060+", "\u00ad-", "\x00=", "\x1b=", " \n\t\uff1d"],
        *["\t", "\r", "\n"],
    ],
)
def test_what_could_be_a_formula_is_quoted(start: str) -> None:
    assert as_cell(start + FORMULA) == f"'{start}{FORMULA}"


@pytest.mark.parametrize("value", ["train", "1-2", "a=b", "", " a", "'=1", "50%", "é", "日本"])
def test_plain_text_stays_as_it_is(value: str) -> None:
    assert as_cell(value) == value


def test_numbers_stay_numbers_and_nothing_is_empty() -> None:
    assert [as_cell(value) for value in (-5, -0.5, True, None)] == [-5, -0.5, True, ""]


def test_line_feeds_inside_a_cell_begin_no_row() -> None:
    answer = csv_response("x", header=["a", "b"], rows=[["one\n=1", 'two"\r\n@1']])
    rows = list(csv.reader(answer.text.splitlines(keepends=True)))
    assert rows == [["a", "b"], ["one\n=1", 'two"\r\n@1']]


def test_name_cannot_break_the_header() -> None:
    answer = csv_response('../a"; x="\r\nSet-Cookie: b', header=[], rows=[])
    assert answer["Content-Disposition"] == 'attachment; filename="-a-x-Set-Cookie-b.csv"'


def test_every_download_is_written_here() -> None:
    packages = (
        *("accounts", "clouds", "images", "configurations", "promotions"),
        *("clusters", "insights", "mobula"),
    )
    writers = [
        path.relative_to(ROOT).as_posix()
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if any(word in path.read_text() for word in ("csv.writer", "DictWriter", "text/csv"))
    ]
    assert writers == ["accounts/spreadsheets.py"]
