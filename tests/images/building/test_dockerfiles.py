"""What a Dockerfile says, and what is wrong with it."""

from __future__ import annotations

import time

import pytest

from domain.images.dockerfile.parsing import parse, with_bases
from domain.images.dockerfile.problems import edited, stops_build
from domain.images.dockerfile.rules import MOST_PROBLEMS, Surroundings, check
from domain.images.fingerprint import fingerprint

RAY = "rayproject/ray:2.50.0-py312"
AROUND = Surroundings(default_base=RAY, architecture="amd64")


def codes(text: str, around: Surroundings = AROUND) -> list[str]:
    return [problem.code for problem in check(text, around)]


def test_instructions_have_their_lines_and_continuations() -> None:
    text = "# syntax=docker/dockerfile:1\n# note\nARG V=2.50.0\nFROM rayproject/ray:${V}-py312\n"
    text += "RUN apt-get update \\\n  # between\n\n  && apt-get install -y git\nuser ray\n"
    read = parse(text)
    assert read.directives == {"syntax": "docker/dockerfile:1"}
    assert read.stages[0].base == RAY
    run, user = read.stages[0].instructions
    assert (run.line, run.end, run.value) == (
        5,
        8,
        "apt-get update   && apt-get install -y git",
    )
    assert (user.name, user.line) == ("USER", 9)


def test_heredocs_belong_to_their_instruction() -> None:
    read = parse(
        f"FROM {RAY}\nRUN <<EOF\nFROM not-a-base\necho \\\nEOF\nRUN <<-'A' cat\n\tx\n\tA\n"
    )
    assert [one.name for one in read.instructions] == ["FROM", "RUN", "RUN"]
    assert read.stages[0].instructions[0].heredocs[0].content == "FROM not-a-base\necho \\"
    assert read.unfinished is None
    assert parse(f"FROM {RAY}\nRUN <<EOF\necho\n").unfinished == 2
    assert parse(f"FROM {RAY}\nRUN echo \\\n").unfinished == 2


def test_another_escape_character_is_obeyed() -> None:
    read = parse(f"# escape=`\nFROM {RAY}\nRUN a `\n b\nRUN c \\\n")
    assert [one.value for one in read.stages[0].instructions] == ["a  b", "c \\"]


def test_the_final_image_is_made_of_the_stages_it_names() -> None:
    read = parse(
        f"FROM golang:1.22 AS build\nFROM {RAY} AS base\nFROM base\nCOPY --from=build a b\n"
    )
    assert [stage.base for stage in read.base_stages()] == ["base", RAY]
    assert [stage.base for stage in read.external_stages()] == ["golang:1.22", RAY]
    assert read.stages[2].instructions[0].flags == {"from": "build"}


def test_bases_are_pinned_and_all_other_lines_stay_where_they_are() -> None:
    text = f"FROM --platform=linux/amd64 \\\n {RAY} AS a\nRUN b\n"
    pinned = with_bases(text, {1: "rayproject/ray@sha256:1"})
    assert pinned == "FROM --platform=linux/amd64 rayproject/ray@sha256:1 AS a\n\nRUN b\n"


def test_images_that_files_are_copied_from_are_pinned_too() -> None:
    text = (
        f"FROM golang:1 AS build\nFROM {RAY}\nCOPY --from=build a b\nCOPY --from=0 a b\n"
        "COPY --chown=ray --from=uv:0.8 \\\n  /uv /bin/\nCOPY --from=uv:0.8-slim a b\n"
        "RUN --mount=type=bind,from=uv:0.8,target=/x true from=uv:0.8\n"
        "COPY --from=$OTHER a b\n"
    )
    found = [one.image for one in parse(text).external_sources()]
    assert found == ["uv:0.8", "uv:0.8-slim", "uv:0.8"]
    pinned = with_bases(text, {}, sources={"uv:0.8": "uv@sha256:1", "uv:0.8-slim": "uv@sha256:2"})
    assert pinned.splitlines()[2:] == [
        "COPY --from=build a b",
        "COPY --from=0 a b",
        "COPY --chown=ray --from=uv@sha256:1 \\",
        "  /uv /bin/",
        "COPY --from=uv@sha256:2 a b",
        "RUN --mount=type=bind,from=uv@sha256:1,target=/x true from=uv:0.8",
        "COPY --from=$OTHER a b",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("RUN a", "no-from"),
        (f"RUN a\nFROM {RAY}", "before-from"),
        (f"FROM {RAY}\nRUNN a", "unknown-instruction"),
        (f"FROM {RAY}\nRUN", "no-value"),
        (f"FROM {RAY}\nRUN a \\", "unfinished"),
        ("FROM python:3.12", "no-ray"),
        ("FROM python:3.12\nRUN pip install ray==2.7.0", "old-ray"),
        (f"FROM {RAY}\nRUN pip install ray==2.49.0", "ray-overwritten"),
        (f"FROM {RAY}\nRUN pip install torch==2.5.1 'ray[default]==2.49.0'", "ray-overwritten"),
        (f"FROM {RAY}\nENTRYPOINT python", "entrypoint"),
        (f"FROM {RAY}\nENV PATH=/opt/bin", "path-replaced"),
        (f"FROM {RAY}\nENV AWS_SECRET_ACCESS_KEY=abc", "secret"),
        (f"FROM {RAY}\nARG HF_TOKEN=abc", "secret"),
        (f"FROM {RAY}\nENV PLACE AKIAABCDEFGHIJKLMNOP", "secret"),
        (f"FROM {RAY}\nRUN pip install -i https://me:secret@packages.example.org/ a==1", "secret"),
        (f"FROM --platform=linux/arm64 {RAY}", "architecture"),
        (f"FROM {RAY}-aarch64", "architecture"),
    ],
)
def test_what_stops_a_build_has_its_line_and_a_way_out(text: str, code: str) -> None:
    problems = check(text, AROUND)
    assert [one.code for one in problems] == [code]
    assert stops_build(problems)
    assert problems[0].hint
    assert "abc" not in problems[0].message
    assert problems[0].line or code == "no-from"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FROM rayproject/ray", "latest-base"),
        ("FROM rayproject/ray:latest", "latest-base"),
        (f"FROM {RAY}\nUSER root", "user"),
        (f"FROM {RAY}\nRUN pip install torch", "unpinned"),
        (f"FROM {RAY}\nRUN cd / && pip3 install -q 'torch>=2' numpy==2.1.0", "unpinned"),
        (f"FROM {RAY}\nRUN python -m pip install torch==2.*", "unpinned"),
        (f"FROM {RAY}\nRUN uv pip install --system torch", "unpinned"),
        (f'FROM {RAY}\nRUN ["pip", "install", "torch"]', "unpinned"),
        ("FROM example.org/ours:1", "no-ray"),
        (
            "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt",
            "no-ray",
        ),
    ],
)
def test_what_may_be_meant_is_a_warning(text: str, code: str) -> None:
    problems = check(text, AROUND)
    assert [one.code for one in problems] == [code]
    assert not stops_build(problems)


@pytest.mark.parametrize(
    "text",
    [
        f"FROM {RAY}\nUSER root\nRUN apt-get install -y git\nUSER ray\n",
        f"FROM {RAY}\nENV PATH=/opt/bin:$PATH TOKENIZERS_PARALLELISM=false\n",
        f"FROM {RAY}\nARG HF_TOKEN\nENV SECRET_FILE=/run/a TOKEN_PATH=/b\n",
        f"FROM {RAY}\nRUN pip install torch==2.5.1 -c constraints.txt ./wheel.whl .\n",
        f"FROM {RAY}\nRUN pip install 'a @ https://example.org/a.whl' && pip install -r r.txt\n",
        f"FROM {RAY}\nRUN pip install ray==2.50.0\nRUN echo install torch\n",
        f"FROM mirror.example.org/rayproject/ray@sha256:{'0' * 64}\n",
        "FROM python:3.12\nRUN pip install 'ray[default]==2.50.0'\n",
    ],
)
def test_what_is_right_has_no_problem(text: str) -> None:
    assert codes(text) == []


def test_the_teams_own_images_are_known_to_have_ray() -> None:
    around = Surroundings(ray_images=frozenset({"example.org/ours:1"}))
    assert codes("FROM example.org/ours:1", around) == []
    assert codes("FROM example.org/ours:1\nRUN pip install ray==2.9.0", around) == [
        "ray-overwritten"
    ]


@pytest.mark.parametrize(
    "text", ["RUN a", f"FROM {RAY}\nUSER root\nRUN a", f"FROM {RAY}\nENTRYPOINT x\nRUN b"]
)
def test_a_click_on_a_fix_mends_its_problem(text: str) -> None:
    (problem,) = check(text, AROUND)
    assert problem.edit
    assert codes(edited(text, problem.edit)) == []


@pytest.mark.parametrize(
    "line",
    [
        "RUN pip install torch==2.5.1 \\",
        "NOTHING of the kind",
        "FROM a AS b",
        "ENV A='\"'\"",
        "RUN <<EOF",
        'RUN pip install """"\'\'\'"""',
        f"RUN pip install {'a' * 300}",
    ],
)
def test_ten_thousand_lines_take_no_longer_than_a_click(line: str) -> None:
    text = f"FROM {RAY}\n" + f"{line}\n" * 10_000
    began = time.process_time()
    problems = check(text, AROUND)
    assert time.process_time() - began < 4
    assert len(problems) <= MOST_PROBLEMS


def test_the_same_parts_have_the_same_fingerprint() -> None:
    one = fingerprint("FROM a \r\nRUN b\n", bases={"a": "sha256:1"})
    assert one == fingerprint("FROM a\nRUN b", bases={"a": "sha256:1"})
    assert one != fingerprint("FROM a\nRUN b", bases={"a": "sha256:2"})
    assert one != fingerprint("FROM a\nRUN b", bases={"a": "sha256:1"}, context="sha256:3")
    assert one != fingerprint("FROM a\nRUN c", bases={"a": "sha256:1"})
