"""Names that ended are remembered by every process, whatever happens to one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from providers.aws.machines.ended import EndedNames
from providers.base import InvalidRequest, Unreachable


def test_what_ended_is_known_to_others(tmp_path: Path) -> None:
    EndedNames(tmp_path / "aws").end("c1", ["c1-1", "c1-2"])
    EndedNames(tmp_path / "aws").end("c1", ["c1-3"])
    ended = EndedNames(tmp_path / "aws").of("c1")
    assert ended.names == {"c1-1", "c1-2", "c1-3"}
    assert "c1-4" not in ended
    assert not ended.is_over


def test_of_an_unknown_cluster_nothing_has_ended(tmp_path: Path) -> None:
    assert not EndedNames(tmp_path / "none").of("c1").names


def test_of_a_destroyed_cluster_every_name_has_ended(tmp_path: Path) -> None:
    names = EndedNames(tmp_path)
    names.end("c1", ["c1-1"])
    names.end_cluster("c1")
    names.end("c1", ["c1-2"])
    assert names.of("c1").is_over
    assert "c1-99" in names.of("c1")
    assert (tmp_path / "c1.txt").read_text() == "*\n"
    assert not names.of("c2").is_over


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from providers.aws.machines.ended import EndedNames;"
        "names = EndedNames(Path(sys.argv[1]));"
        "[names.end('c1', [f'c1-{sys.argv[2]}{n:02}']) for n in range(30)]"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)], cwd=Path.cwd())
        for number in range(1, 5)
    ]
    assert [one.wait(60) for one in running] == [0, 0, 0, 0]
    assert len(EndedNames(tmp_path).of("c1").names) == 120


def test_a_draft_that_was_left_behind_harms_nobody(tmp_path: Path) -> None:
    names = EndedNames(tmp_path)
    names.end("c1", ["c1-1"])
    (tmp_path / "c1.new").write_text("c1-1\nc1-")
    assert names.of("c1").names == {"c1-1"}
    names.end("c1", ["c1-2"])
    assert names.of("c1").names == {"c1-1", "c1-2"}


@pytest.mark.parametrize("handle", ["", "../c1", "C1", "a/b"])
def test_a_handle_cannot_leave_the_directory(tmp_path: Path, handle: str) -> None:
    with pytest.raises(InvalidRequest, match="no handle"):
        EndedNames(tmp_path).end(handle, ["x"])


def test_a_directory_that_cannot_be_used_stops_launches(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unreachable, match="cannot be used"):
        EndedNames(tmp_path / "file").end("c1", ["c1-1"])
    with pytest.raises(Unreachable):
        EndedNames(tmp_path / "file").of("c1")
