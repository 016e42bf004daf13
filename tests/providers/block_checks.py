"""Raw blocks as tests check them: alone, and inside the text of a configuration."""

import json
from collections.abc import Mapping
from typing import Any

from domain.catalogue.region import RegionCatalogue
from domain.offerings import ProviderKind
from domain.problems import Problem, Severity
from domain.validation import check_text
from domain.yaml.fixes import apply
from providers.registry import traits_of

AWS, GCP, KUBERNETES = ProviderKind.AWS, ProviderKind.GCP, ProviderKind.KUBERNETES
PATH = "worker_nodes[0].advanced_instance_config"


def check(kind: ProviderKind, block: Mapping[str, object], path: str = "") -> list[Problem]:
    checker = traits_of(kind).check_block
    assert checker is not None
    return list(checker(block, path))


def yaml_of(block: str, *, rest: str = "") -> str:
    nodes = "head_node: {instance_type: x}\nworker_nodes: []\n"
    return f"{nodes}advanced_instance_config: {block}\n{rest}"


def check_good_block(kind: ProviderKind, block: dict[str, Any]) -> None:
    """Assert that the schema of this provider finds nothing wrong."""
    assert check(kind, block, PATH) == []


def check_mistake(
    kind: ProviderKind, block: dict[str, Any], *, path: str, code: str, button: str
) -> None:
    """Assert that the one mistake is found at its place, with its fix."""
    (found,) = check(kind, block)
    assert (found.path, found.code, found.severity) == (path, code, Severity.ERROR)
    assert (found.fix.label if found.fix else "") == button
    assert found.message[-1] in ".?"
    assert not found.hint or found.hint[-1] in ".?"


def check_fix(kind: ProviderKind, block: dict[str, Any], *, code: str) -> None:
    """Assert that each fix of this mistake mends the text of a configuration."""
    text = yaml_of(json.dumps(block))
    target = RegionCatalogue(traits=traits_of(kind))
    found = [p for p in check_text(text, target=target) if p.code == code]
    for problem in found:
        if problem.fix is not None:
            after = check_text(apply(text, problem.fix), target=target)
            assert (problem.path, problem.code) not in {(p.path, p.code) for p in after}
