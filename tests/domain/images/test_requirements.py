"""Requirements of a virtual environment: what is installed, and what is refused with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.images.requirements import LONGEST, read_requirements

RAY = "ray[default]==2.60.0"


def codes(text: str) -> list[str]:
    return [problem.code for problem in read_requirements(text)[1]]


def test_comments_and_continued_lines_are_read_as_pip_does() -> None:
    found, problems = read_requirements(
        f"# base\n{RAY}  # the cluster's\ntorch==2.9.0 \\\n  --hash=sha256:aa\n\nurl#not==1\n"
    )
    assert found.lines[:2] == (RAY, "torch==2.9.0    --hash=sha256:aa")
    assert found.ray == "2.60.0"
    assert [(p.code, "Line 6" in p.hint) for p in problems] == [("requirement-form", True)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("-r other.txt", "requirement-option"),
        ("-c limits.txt", "requirement-option"),
        ("-e .", "requirement-option"),
        ("--find-links /srv", "requirement-option"),
        ("--index-url http://packages.example.org/simple", "requirement-address"),
        ("--index-url https://user:secret@packages.example.org/simple", "requirement-password"),
        ("./wheels/x.whl", "requirement-form"),
        ("/etc/passwd", "requirement-form"),
        ("x @ file:///etc/passwd", "requirement-address"),
        ("x @ git+ssh://example.org/x", "requirement-address"),
        ("x @ git+https://example.org/x@0123456789abcdef", "requirement-address"),
        ("x @ https://me@example.org/x.whl", "requirement-password"),
        ("x @ https://[bad/x.whl", "requirement-address"),
        ("x; os.system('x')", "requirement-form"),
        ("$(id)", "requirement-form"),
        ("torch", "requirement-unpinned"),
    ],
)
def test_what_is_not_safe_or_not_the_same_each_time_is_told(line: str, code: str) -> None:
    _, problems = read_requirements(f"{RAY}\n{line}\n")
    assert [problem.code for problem in problems] == [code]
    assert "secret" not in str(problems)
    assert "Line 2" in problems[0].hint


@pytest.mark.parametrize(
    "line",
    [
        "torch==2.9.0",
        "--extra-index-url https://wheels.example.org/simple",
        "x[a,b]>=1,<2; python_version >= '3.12'",
        "x @ https://example.org/x-1-py3-none-any.whl",
    ],
)
def test_what_pip_reads_is_taken(line: str) -> None:
    assert codes(f"{RAY}\n{line}") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("torch==2.9.0", "requirement-no-ray"),
        ("ray[default]", "requirement-ray-unpinned"),
        ("ray[default]>=2.9", "requirement-ray-unpinned"),
        ("ray[default]==2.9.*", "requirement-ray-unpinned"),
        ("ray[default]==2.7.1", "requirement-ray-old"),
        ("ray==2.60.0", "requirement-ray-extra"),
        ("Ray[Default,serve]==2.60.0", ""),
    ],
)
def test_the_ray_of_the_cluster_is_named_exactly(text: str, code: str) -> None:
    assert codes(text) == ([code] if code else [])


def test_the_same_packages_in_another_order_are_the_same_environment() -> None:
    one = read_requirements(f"{RAY}\nx==1\n")[0]
    other = read_requirements(f"x==1  # first\n{RAY}")[0]
    assert one.fingerprint(python="3.13") == other.fingerprint(python="3.13")
    assert one.fingerprint(python="3.13") != one.fingerprint(python="3.12")
    assert one.fingerprint(python="3.13") != read_requirements(RAY)[0].fingerprint(python="3.13")


def test_a_text_without_end_is_refused() -> None:
    assert codes("x" * (LONGEST + 1)) == ["requirements-size"]


@given(st.text(max_size=300))
def test_whatever_is_typed_is_answered(text: str) -> None:
    found, problems = read_requirements(text)
    assert found.lines or problems
