"""The page on configurations names every code there is, and each of its examples is true."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from domain.catalogue.region import RegionCatalogue
from domain.problems import Severity
from domain.validation import check_text
from domain.yaml.edit import stepped
from domain.yaml.fixes import apply
from domain.yaml.text import parse
from providers.registry import traits_of
from tests.domain.machines import BY_NAME, MACHINES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
SOURCES = [
    *(
        ROOT / "domain" / name
        for name in (
            "yaml/plain_tree.py",
            "yaml/tree.py",
            "yaml/structure.py",
            "yaml/misfits.py",
            "configuration/legacy.py",
            "overlays.py",
        )
    ),
    *(ROOT / "domain" / "validation").rglob("*.py"),
    *(ROOT / "providers" / "schemas").glob("*.py"),
    *(ROOT / "providers").glob("*/schema.py"),
    *(ROOT / "providers").glob("*/pods.py"),
    *(ROOT / "providers").glob("*/configurations.py"),
]
NO_CODES = {"allow-cross-zone-autoscaling", "max-cpus", "max-gpus", "on-demand", "head-node"}
NO_CODES |= {"aws-neuron-core", "kubernetes-json-schema", "x-kubernetes-patch-merge-key"}
NO_CODES |= {"user-data"}
# These cannot be shown in a short text; other tests cause all but the last, which is a safety net.
WITHOUT_EXAMPLE = {
    "many-entries",
    "many-groups",
    "text-too-large",
    "unsupported-value",
    "more-problems",
    "invalid-value",
}


def examples() -> dict[str, tuple[Severity, str, RegionCatalogue]]:
    """Each code with the severity, the YAML and the target of its section; "" without YAML."""
    found = {}
    for section in PAGE.split("\n#### `")[1:]:
        code, _, rest = section.partition("`\n")
        severity, _, rest = rest.partition(".")
        _, _, yaml = rest.partition("```yaml\n")
        word, _, where = severity.partition(" on ")
        found[code] = (Severity(word.lower()), yaml.partition("```")[0], _checking(BY_NAME[where]))
    return found


def _checking(target: RegionCatalogue) -> RegionCatalogue:
    """The target with its provider's own check of raw blocks."""
    return replace(target, traits=traits_of(target.provider)) if target.provider else target


EXAMPLES = examples()
SHOWN = sorted(EXAMPLES.keys() - WITHOUT_EXAMPLE)


def codes_in_the_source() -> set[str]:
    words = {
        node.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {word for word in words if re.fullmatch(r"[a-z]+(-[a-z]+)+", word)} - NO_CODES


def test_the_page_names_every_code_and_no_other() -> None:
    assert set(EXAMPLES) == codes_in_the_source()


@pytest.mark.parametrize("code", SHOWN)
def test_each_example_of_the_page_has_the_problem_it_shows(code: str) -> None:
    severity, text, target = EXAMPLES[code]
    found = [p for p in check_text(text, target=target) if p.code == code]
    assert [problem.severity for problem in found[:1]] == [severity]


@pytest.mark.parametrize("code", SHOWN)
def test_each_fix_ends_its_problem_and_makes_no_new_error(code: str) -> None:
    _, text, target = EXAMPLES[code]
    if stepped(text, ()) is None:
        return  # a text that is no YAML has to be mended by hand
    before = check_text(text, target=target)
    for problem in before:
        if problem.fix is None:
            continue
        fixed = apply(text, problem.fix)
        after = check_text(fixed, target=target)
        assert fixed != text
        assert (problem.path, problem.code) not in {(p.path, p.code) for p in after}
        errors = {p.code for p in after if p.severity is Severity.ERROR}
        assert errors <= {p.code for p in before if p.severity is Severity.ERROR}


@pytest.mark.parametrize("code", SHOWN)
def test_each_problem_says_what_and_in_a_whole_sentence(code: str) -> None:
    _, text, target = EXAMPLES[code]
    for problem in check_text(text, target=target):
        assert problem.message[-1] in ".?"
        assert not problem.hint or problem.hint[-1] in ".?"


def test_the_first_example_of_the_page_is_free_of_problems() -> None:
    whole = re.search(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert whole is not None
    assert parse(whole[1]).config is not None
    assert check_text(whole[1], target=MACHINES) == []


def test_the_example_of_scaling_is_free_of_errors() -> None:
    text = next(one for one in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "quiet" in one)
    assert [p.code for p in check_text(text, target=MACHINES)] == []
