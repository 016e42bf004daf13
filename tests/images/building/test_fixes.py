"""A click on Fix mends its problem, and nothing else."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from domain.images.dockerfile.fixes import pinned
from domain.images.dockerfile.problems import edited
from domain.images.dockerfile.rules import Surroundings, check
from images.building.fixing import CannotFix, fixed
from images.building.linting import Linted, linted_in
from providers import hadolint

RAY = "rayproject/ray:2.50.0-py312"
AROUND = Surroundings(default_base=RAY, architecture="amd64", has_context=True)


def after(text: str, code: str, around: Surroundings = AROUND) -> str:
    """Return the text after a click on the fix of the first problem with that code."""
    problem = next(one for one in check(text, around) if one.code == code)
    assert problem.edit, problem
    mended = edited(text, problem.edit)
    assert code not in [one.code for one in check(mended, around)]
    return mended


@pytest.mark.parametrize(
    ("code", "text", "mended"),
    [
        (
            "ray-overwritten",
            "RUN pip install torch==2.5.1 'ray[default]==2.49.0' numpy==2.1.0",
            "RUN pip install torch==2.5.1 numpy==2.1.0",
        ),
        (
            "ray-overwritten",
            "RUN pip install \\\n  ray==2.49.0 \\\n  torch==2.5.1",
            "RUN pip install \\ \\\n  torch==2.5.1",
        ),
        ("ray-overwritten", "RUN pip install -q ray==2.49.0\nRUN a", "\nRUN a"),
        ("secret", "ENV A=1 HF_TOKEN=abc B=2", "ENV A=1 B=2"),
        ("secret", 'ENV A=1 \\\n  HF_TOKEN="a b" \\\n  B=2', "ENV A=1 \\ \\\n  B=2"),
        ("secret", "ARG HF_TOKEN=abc\nRUN a", "\nRUN a"),
        ("secret", "ENV HF_TOKEN abc def", ""),
        ("path-replaced", "ENV PATH=/opt/bin", "ENV PATH=/opt/bin:$PATH"),
        ("path-replaced", 'ENV A=1 PATH="/opt/bin" B=2', 'ENV A=1 PATH="/opt/bin:$PATH" B=2'),
        ("path-replaced", "ENV PATH /opt/bin", "ENV PATH /opt/bin:$PATH"),
        ("unknown-instruction", "RUNN a", "RUN a"),
        ("no-value", "RUN\nRUN a", "\nRUN a"),
        ("unfinished", "RUN a \\\n", "RUN a\n"),
        ("unfinished", "RUN <<EOF\necho\n", "RUN <<EOF\necho\nEOF\n"),
    ],
)  # fmt: skip
def test_one_click_mends_one_problem(code: str, text: str, mended: str) -> None:
    assert after(f"FROM {RAY}\n{text}", code) == f"FROM {RAY}\n{mended}"


@pytest.mark.parametrize(
    ("code", "text", "mended"),
    [
        ("old-ray", "FROM python:3.12\nRUN pip install 'ray[default]==2.7.0'",
         "FROM python:3.12\nRUN pip install 'ray[default]==2.50.0'"),
        ("no-ray", "FROM python:3.12\nRUN a",
         "FROM python:3.12\nRUN a\nRUN pip install --no-cache-dir 'ray[default]==2.50.0'"),
        ("no-ray", "FROM ubuntu:24.04 AS base\nRUN a", f"FROM {RAY} AS base\nRUN a"),
        ("latest-base", "FROM rayproject/ray:latest AS base", f"FROM {RAY} AS base"),
        ("architecture", f"FROM --platform=linux/arm64 {RAY}",
         f"FROM --platform=linux/amd64 {RAY}"),
        ("architecture", f"FROM {RAY}-aarch64", f"FROM {RAY}"),
        ("before-from", f"RUN a \\\n  b\n# note\nFROM {RAY}\nRUN c",
         f"# note\nFROM {RAY}\nRUN a \\\n  b\nRUN c"),
    ],
)  # fmt: skip
def test_the_base_is_mended_too(code: str, text: str, mended: str) -> None:
    assert after(text, code) == mended


@pytest.mark.parametrize(
    "text",
    [
        f"FROM {RAY}\nRUN apt-get update && pip install ray==2.49.0",  # the rest is the author's
        f"FROM {RAY}\nRUN pip install -i https://me:secret@packages.example.org/ a==1",
        "FROM example.org/ours:latest\nRUN pip install ray==2.50.0",
    ],
)
def test_what_no_click_can_mend_has_no_button(text: str) -> None:
    (problem, *_) = check(text, AROUND)
    assert problem.fix_label == ""


def test_files_need_a_context() -> None:
    none = Surroundings(default_base=RAY, has_context=False)
    needs = ("COPY a b", "ADD a.tar /b", "COPY --chown=ray a b")
    for line in needs:
        assert [one.code for one in check(f"FROM {RAY}\n{line}", none)] == ["no-context"]
        assert check(f"FROM {RAY}\n{line}", AROUND) == []
    for line in (
        "COPY --from=golang:1 a b",
        "ADD https://example.org/a /b",
        "COPY <<EOF /a\nb\nEOF",
    ):
        assert check(f"FROM {RAY}\n{line}", none) == []


def test_versions_are_written_where_they_are_missing() -> None:
    text = f"FROM {RAY}\nRUN pip install torch 'numpy>=2' Flask_Cors[x]~=1.0 a==1 && b torch\n"
    edit = pinned(text, 2, {"torch": "2.5.1", "numpy": "2.1.0", "flask-cors": "5.0"})
    assert edit
    assert edited(text, edit).splitlines()[1] == (
        "RUN pip install torch==2.5.1 'numpy==2.1.0' Flask_Cors[x]==5.0 a==1 && b torch"
    )
    assert pinned(text, 9, {"torch": "2.5.1"}) is None


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package index of our own: a folder for each package, with its wheels."""
    for name, version in (("alpha", "1.2"), ("alpha", "1.10"), ("beta", "3.0"), ("beta", "4.0")):
        _wheel(tmp_path / "simple" / name, name, version)
    serve = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/simple"
        monkeypatch.setenv("UV_INDEX_URL", address)
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        monkeypatch.setenv("UV_NO_CACHE", "1")
        yield
        server.shutdown()


def _wheel(folder: Path, name: str, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_the_package_index_knows_the_newest_versions(index: None) -> None:
    text = f"FROM {RAY}\nRUN pip install --no-cache-dir alpha 'beta<4'\n"
    found = linted_in(text, AROUND)
    assert fixed(text, "unpinned:2", found).splitlines()[1] == (
        "RUN pip install --no-cache-dir alpha==1.10 'beta==3.0'"
    )
    text = f"FROM {RAY}\nRUN pip install --no-cache-dir gamma\n"
    with pytest.raises(CannotFix, match="No version fits"):
        fixed(text, "unpinned:2", linted_in(text, AROUND))


def test_an_index_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    text = f"FROM {RAY}\nRUN pip install --no-cache-dir alpha\n"
    with pytest.raises(CannotFix, match="did not answer"):
        fixed(text, "unpinned:2", linted_in(text, AROUND))


def test_a_fix_of_another_text_changes_nothing() -> None:
    with pytest.raises(CannotFix, match="not in the text anymore"):
        fixed("FROM a:1\n", "entrypoint:7", Linted(problems=[]))


def test_the_linter_is_mapped_to_sentences_with_fixes() -> None:
    text = f"FROM {RAY}\nUSER root\nRUN apt-get update && apt-get install git\nUSER ray\n"
    text += "CMD python a\n"
    codes = {}
    while True:
        found = linted_in(text, AROUND)
        fixable = [one for one in found.problems if one.edit]
        if not fixable:
            break
        codes[fixable[0].code] = fixable[0].severity
        text = fixed(text, fixable[0].key, found)
        assert len(codes) < 9
    assert set(codes) == {"DL3009", "DL3014", "DL3015", "DL3025"}
    assert "apt-get install --no-install-recommends -y git" in text or (
        "apt-get install -y --no-install-recommends git" in text
    )
    assert 'CMD ["python", "a"]' in text
    assert found.problems == []
    assert found.skipped == ""


def test_no_rule_of_the_linter_stops_a_build() -> None:
    text = f"FROM {RAY}\nMAINTAINER bob\nADD a.txt /b\nRUN cd /tmp && sudo true | cat\n"
    problems = linted_in(text, AROUND).problems
    assert {"DL4000", "DL3020", "DL3003", "DL3004", "DL4006"} <= {one.code for one in problems}
    assert all(one.severity != "error" for one in problems)


def test_without_the_linter_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hadolint, "program", lambda: None)
    found = linted_in(f"FROM {RAY}\nENTRYPOINT a\n", AROUND)
    assert [one.code for one in found.problems] == ["entrypoint"]
    assert "hadolint is not installed" in found.skipped


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("sleep 30", "did not finish within"),
        ("exit 3", "exit status 3"),
        ("echo nothing", "something else than findings"),
        ("echo '[{\"code\": 1}]'", "something else than findings"),
        ("head -c 3000000 /dev/zero", "more than can be shown"),
    ],
)
def test_a_linter_that_fails_leaves_the_own_rules(
    script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "hadolint"
    program.write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(hadolint, "program", lambda: program)
    monkeypatch.setattr(hadolint, "SECONDS", 1.0)
    found = linted_in(f"FROM {RAY}\nENTRYPOINT a\n", AROUND)
    assert [one.code for one in found.problems] == ["entrypoint"]
    assert reason in found.skipped


def test_the_linter_gets_nothing_of_the_host(tmp_path: Path, monkeypatch: Any) -> None:
    program = tmp_path / "hadolint"
    program.write_text(
        "#!/bin/sh\nPATH=/bin:/usr/bin\n"
        'printf \'[{"code":"X","line":1,"level":"error","message":"%s"}]\''
        ' "$(env | sort | tr "\\n" " ")$(ls | tr "\\n" " ")"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(hadolint, "program", lambda: program)
    monkeypatch.setenv("MOBULA_SECRET_KEY", "canary")
    (finding,) = hadolint.findings("FROM a\n")
    assert "canary" not in finding.message
    assert finding.message.endswith("output ")
