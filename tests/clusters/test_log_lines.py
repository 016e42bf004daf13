"""A log is shown by its last lines, or by those that contain what somebody looks for."""

from hypothesis import given
from hypothesis import strategies as st

from clusters.logs.lines import Part, lines_of

LOG = "Ray starts\nport taken\n\nPORT 6379 and port 8265\n"


def test_the_last_lines_keep_their_numbers() -> None:
    lines = lines_of(LOG, most=2)
    assert [line.number for line in lines.shown] == [3, 4]
    assert (lines.matching, lines.total, lines.first_number) == (4, 4, 3)


def test_words_are_found_in_any_case_and_marked() -> None:
    lines = lines_of(LOG, words="port", most=10)
    assert [line.number for line in lines.shown] == [2, 4]
    assert (lines.matching, lines.total) == (2, 4)
    assert lines.shown[1].parts == (
        Part("PORT", is_match=True),
        Part(" 6379 and "),
        Part("port", is_match=True),
        Part(" 8265"),
    )


def test_words_are_no_pattern() -> None:
    assert lines_of("a.c\nabc\n", words="a.c", most=9).matching == 1
    assert lines_of("x(\n", words="(", most=9).matching == 1


def test_a_line_that_was_written_over_shows_its_last_state() -> None:
    (line,) = lines_of("10 %\r20 %\r\n", most=9).shown
    assert line.parts == (Part("20 %"),)


def test_an_empty_log_has_no_lines() -> None:
    assert lines_of("", most=9).total == 0


@given(st.text(alphabet="ab\n", max_size=60), st.text(alphabet="ab", min_size=1, max_size=2))
def test_a_line_is_shown_whole_whatever_was_searched(text: str, words: str) -> None:
    whole = text.removesuffix("\n").split("\n")
    for line in lines_of(text, words=words, most=99).shown:
        assert "".join(part.text for part in line.parts) == whole[line.number - 1]
        assert any(part.is_match for part in line.parts)
