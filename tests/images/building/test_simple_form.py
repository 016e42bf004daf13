"""The form that writes a Dockerfile: whatever is typed, the file says that and nothing else."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.images.build_log import Step, cleaned, step_of
from domain.images.dockerfile.parsing import parse
from domain.images.dockerfile.rules import Surroundings, check
from domain.images.dockerfile.secrets import assignments
from domain.images.dockerfile.simple import SimpleImage, written, wrong_simple

BASE = "rayproject/ray:2.50.0-py312"
# What breaks out of quotes, lines and comments, between letters.
HOSTILE = st.text(st.sampled_from("ab \\\"'`$(){}#\n\r\t\0;&|<>[]-=~E@é\u2028\x85"), max_size=12)


@given(
    apt=st.lists(HOSTILE | st.just("git"), max_size=2),
    pip=st.lists(HOSTILE | st.just("torch==2.5.1"), max_size=3),
    env=st.lists(st.tuples(HOSTILE | st.just("NAME"), HOSTILE), max_size=3),
    commands=st.lists(HOSTILE | st.just("echo 1"), max_size=3),
)
def test_what_is_typed_is_refused_or_comes_out_as_it_was(
    apt: list[str], pip: list[str], env: list[tuple[str, str]], commands: list[str]
) -> None:
    image = SimpleImage(
        base=BASE, apt=tuple(apt), pip=tuple(pip), env=tuple(env), commands=tuple(commands)
    )
    if list(wrong_simple(image)):
        with pytest.raises(ValueError, match=": "):
            written(image)
        return
    read = parse(written(image))
    (stage,) = read.stages
    assert read.unfinished is None
    rest = list(stage.instructions)
    if apt:
        user, install, back = rest[:3]
        rest = rest[3:]
        assert (user.value, back.value) == ("root", "ray")
        assert install.value.split("recommends ")[1].split(" && ")[0].split() == apt
    for pair in env:
        (found,) = assignments(rest.pop(0))
        assert found == pair
    if pip:
        install = rest.pop(0)
        assert not install.heredocs
        assert shlex.split(install.value) == ["pip", "install", "--no-cache-dir", *pip]
    assert [(one.name, one.value) for one in rest] == [("RUN", command) for command in commands]


def test_the_form_writes_what_a_person_would() -> None:
    image = SimpleImage(
        base=BASE,
        apt=("git", "ffmpeg"),
        pip=("torch==2.5.1", "ray[data]==2.50.0"),
        env=(("HF_HOME", '/mnt/my "cache" $1'),),
        commands=("echo done > /home/ray/done",),
    )
    assert written(image) == (
        f"FROM {BASE}\nUSER root\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends git ffmpeg"
        " && rm -rf /var/lib/apt/lists/*\nUSER ray\n"
        'ENV HF_HOME="/mnt/my \\"cache\\" \\$1"\n'
        "RUN pip install --no-cache-dir 'torch==2.5.1' 'ray[data]==2.50.0'\n"
        "RUN echo done > /home/ray/done\n"
    )
    assert check(written(image), Surroundings()) == []


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("base", {"base": "ray image\nRUN x"}),
        ("apt", {"apt": ("git; rm -rf /",)}),
        ("pip", {"pip": ("--index-url=http://example.org",)}),
        ("env", {"env": (("A B", ""),)}),
        ("env", {"env": (("A", "b\nRUN c"),)}),
        ("commands", {"commands": ("echo \\",)}),
        ("commands", {"commands": ("cat <<EOF",)}),
    ],
)
def test_what_cannot_be_written_is_named_with_a_way_out(
    field: str, values: dict[str, object]
) -> None:
    image = SimpleImage(**{"base": BASE, **values})  # type: ignore[arg-type]
    ((found, reason),) = wrong_simple(image)
    assert found == field
    assert reason.endswith(".")


@given(st.text(st.sampled_from("\x1b[]0123;mKH\x07\x9b\x9d\\ab\r\n\u202e\x00\x85"), max_size=40))
def test_no_control_character_is_left_in_a_log(text: str) -> None:
    assert all(one.isprintable() or one in "\n\t" for one in cleaned(text))


def test_colors_and_titles_are_removed_from_a_log() -> None:
    assert cleaned("\x1b[1;31mred\x1b[0m \x1b]0;title\x07<b>\r\nnext\rline\u202e") == (
        "red <b>\nnext\nline"
    )
    assert step_of("STEP 3/8: RUN make") == Step(3, 8, "RUN make")
    assert step_of("[1/2] STEP 1/3: FROM a") == Step(1, 3, "FROM a")
    assert step_of("STEP 4: COMMIT x") == Step(4, 0, "COMMIT x")
    assert step_of("see STEP 3/8: RUN") is None
