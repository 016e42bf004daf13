"""Raw blocks for pods are checked against the provider's own schema."""

from typing import Any

import pytest

from tests.providers.block_checks import KUBERNETES, check_fix, check_good_block, check_mistake
from tests.providers.good_blocks import GOOD

_POD = "spec.containers[0]"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
BAD: list[tuple[dict[str, Any], str, str, str]] = [
    # block, path of the problem, its code, the button of its fix
    (
        {"spec": {"node_selector": {}}},
        "spec.node_selector",
        "block-unknown-key",
        "Rename to nodeSelector",
    ),
    (
        {"spec": {"tolerations": {"key": "a"}}},
        "spec.tolerations",
        "block-wrong-type",
        'Set to [{"key": "a"}]',
    ),
    (
        {"metadata": {"labels": {"a": True}}},
        "metadata.labels.a",
        "block-wrong-type",
        'Write "true"',
    ),
    ({"metadata": {"labels": {"a": "b c"}}}, "metadata.labels.a", "block-bad-value", "Set to bc"),
    ({"spec": {"restartPolicy": "never"}}, "spec.restartPolicy", "block-bad-value", "Set to Never"),
    (
        {"spec": {"tolerations": [{"operator": "exists"}]}},
        "spec.tolerations[0].operator",
        "block-bad-value",
        "Set to Exists",
    ),
    (
        {"spec": {"containers": [{"name": "ray", "resources": {"limits": {"memory": "32GB"}}}]}},
        f"{_POD}.resources.limits.memory",
        "block-bad-value",
        "Set to 32G",
    ),
    ({"spec": {"containers": [{"env": []}]}}, _POD, "block-missing-key", ""),
    ({"spec": {"containers": [{"name": "ray-head"}]}}, _POD, "block-missing-key", "Name it ray"),
    (
        {
            "spec": {
                "affinity": {"podAffinity": {_PREFERRED: [{"weight": 1, "podAffinityTerm": None}]}}
            }
        },
        f"spec.affinity.podAffinity.{_PREFERRED}[0]",
        "block-missing-key",
        "",
    ),
]


def test_a_good_block_has_no_problems() -> None:
    check_good_block(KUBERNETES, GOOD[KUBERNETES])


@pytest.mark.parametrize(("block", "path", "code", "button"), BAD)
def test_a_mistake_is_found_at_its_place(
    block: dict[str, Any], path: str, code: str, button: str
) -> None:
    check_mistake(KUBERNETES, block, path=path, code=code, button=button)


@pytest.mark.parametrize(("block", "path", "code", "button"), BAD)
def test_each_fix_mends_the_text(block: dict[str, Any], path: str, code: str, button: str) -> None:
    check_fix(KUBERNETES, block, code=code)
