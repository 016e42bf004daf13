"""Job logs arrive whole and once, whatever is lost on the way."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.jobs.logs import MOST_BYTES_A_SYNC, LogTails, is_full, log_paths, read_part, readable


@given(st.binary(max_size=200))
def test_text_has_the_length_of_the_bytes_it_stands_for(chunk: bytes) -> None:
    text = readable(chunk)
    whole = len(text.encode("utf-8"))
    assert len(chunk) - 3 <= whole <= len(chunk)
    assert "\0" not in text


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_what_is_utf8_is_told_as_it_is(text: str) -> None:
    assert readable(text.encode("utf-8")) == text


class Mobula:
    """Stores log texts as Mobula does and answers the offsets."""

    def __init__(self) -> None:
        self.stored = ""

    def take(self, tails: LogTails) -> None:
        """Store what the agent sends now and acknowledge it."""
        for part in tails.texts():
            if part["offset"] == len(self.stored.encode()):
                self.stored += part["text"]
        tails.acknowledge({"s1": len(self.stored.encode())})


def test_a_long_log_of_wide_characters_arrives_whole() -> None:
    log = ("é→🦈" * 30_000).encode()
    tails = LogTails(lambda _, offset: log[offset : offset + MOST_BYTES_A_SYNC])
    mobula = Mobula()
    for _ in range(10):
        tails.refill({"s1": True})
        mobula.take(tails)
    assert mobula.stored == log.decode()


def test_a_lost_answer_repeats_the_same_text() -> None:
    tails = LogTails(lambda _, offset: b"hello"[offset:])
    tails.refill({"s1": True})
    first = tails.texts()
    tails.refill({"s1": True})
    assert tails.texts() == first == [{"submission_id": "s1", "offset": 0, "text": "hello"}]


def test_mobula_decides_where_to_go_on() -> None:
    tails = LogTails(lambda _, offset: b"hello"[offset:])
    tails.refill({"s1": False})
    tails.acknowledge({"s1": 3})
    tails.refill({"s1": False})
    assert tails.texts() == [{"submission_id": "s1", "offset": 3, "text": "lo"}]
    tails.acknowledge({"s1": 5})
    tails.refill({"s1": False})
    assert tails.texts() == []
    tails.acknowledge({"s1": 0})
    tails.refill({"s1": False})
    assert tails.texts()[0]["text"] == "hello"


def test_a_log_of_an_ended_job_is_read_only_until_its_end() -> None:
    reads: list[int] = []

    def read(_: str, offset: int) -> bytes:
        reads.append(offset)
        return b"bye"[offset:]

    tails = LogTails(read)
    for _ in range(5):
        tails.refill({"s1": False})
        tails.acknowledge({"s1": 3})
    assert reads == [0, 3]


def test_an_ended_log_may_stop_inside_a_character() -> None:
    log = "é".encode()[:1]
    tails = LogTails(lambda _, offset: log[offset:])
    tails.refill({"s1": True})
    assert tails.texts() == []
    tails.refill({"s1": False})
    assert tails.texts()[0]["text"] == "?"


def test_all_logs_of_one_sync_share_its_room() -> None:
    tails = LogTails(lambda _, __: b"x" * MOST_BYTES_A_SYNC)
    tails.refill({"s1": True, "s2": True})
    texts = tails.texts()
    assert sum(len(part["text"]) for part in texts) == MOST_BYTES_A_SYNC
    assert is_full(texts)


@pytest.mark.parametrize("place", ["head/session_1/logs", "w1/ray/session_1/logs"])
def test_a_log_is_found_in_the_directory_of_any_node(tmp_path: Path, place: str) -> None:
    log = tmp_path / place / "job-driver-s1.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"0123456789")
    found = [
        p for p in log_paths("s1", session="session_1", node_dirs=str(tmp_path)) if p.is_file()
    ]
    assert found == [log]
    assert read_part(log, 7) == b"789"
