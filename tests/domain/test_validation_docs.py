"""The page on configurations names every code there is, and each of its examples is true."""

import ast
import re
from pathlib import Path

import pytest

from domain.problems import Severity
from domain.validation import check_text
from domain.yamltext import parse
from tests.domain.machines import MACHINES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
SOURCES = [
    *(ROOT / "domain" / name for name in ("plaintree.py", "yamltree.py", "structure.py", "legacy.py", "overlays.py")),
    *(ROOT / "domain" / "validation").glob("*.py"),
]
FLAGS = {"allow-cross-zone-autoscaling", "max-cpus", "max-gpus"}
# These cannot be shown in a short text; other tests cause all but the last, which is a safety net.
WITHOUT_EXAMPLE = {"text-too-large", "unsupported-value", "more-problems", "invalid-value"}


def examples() -> dict[str, tuple[Severity, str]]:
    """Each code with the severity and the YAML that its section shows; "" without YAML."""
    found = {}
    for section in PAGE.split("\n#### `")[1:]:
        code, _, rest = section.partition("`\n")
        severity, _, rest = rest.partition(".")
        _, _, yaml = rest.partition("```yaml\n")
        found[code] = (Severity(severity.lower()), yaml.partition("```")[0])
    return found


EXAMPLES = examples()
SHOWN = sorted(EXAMPLES.keys() - WITHOUT_EXAMPLE)


def codes_in_the_source() -> set[str]:
    words = {
        node.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {word for word in words if re.fullmatch(r"[a-z]+(-[a-z]+)+", word)} - FLAGS


def test_the_page_names_every_code_and_no_other() -> None:
    assert set(EXAMPLES) == codes_in_the_source()


@pytest.mark.parametrize("code", SHOWN)
def test_each_example_of_the_page_has_the_problem_it_shows(code: str) -> None:
    severity, text = EXAMPLES[code]
    found = [p for p in check_text(text, target=MACHINES) if p.code == code]
    assert [problem.severity for problem in found[:1]] == [severity]


@pytest.mark.parametrize("code", SHOWN)
def test_each_problem_says_what_and_in_a_whole_sentence(code: str) -> None:
    for problem in check_text(EXAMPLES[code][1], target=MACHINES):
        assert problem.message[-1] in ".?"
        assert not problem.hint or problem.hint[-1] in ".?"


def test_the_first_example_of_the_page_is_free_of_problems() -> None:
    whole = re.search(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert whole is not None
    assert parse(whole[1]).config is not None
    assert check_text(whole[1], target=MACHINES) == []
