from typing import Any

import pytest

from domain.promotions.checks import CheckKind, Verdict
from domain.promotions.digest import Evidence, differing, digest_of

GIVEN: dict[str, Any] = {
    "configuration": {"head_node": {"instance_type": "2CPU-4GB"}},
    "image": "ray-2.60:1 sha256:12",
    "changes": ("max 2 → 4",),
    "verdicts": {CheckKind.IMAGE: Verdict.PASSED},
    "rules": {"needed": 1},
    "settings": {"number": 3, "max_nodes": 10},
    "prices": {"head": "0.1000"},
    "strategy": "rolling",
}
OTHERS: dict[str, Any] = {
    "configuration": {"head_node": {"instance_type": "4CPU-8GB"}},
    "image": "ray-2.60:1 sha256:34",
    "changes": ("max 2 → 5",),
    "verdicts": {CheckKind.IMAGE: Verdict.WARNING},
    "rules": {"needed": 0},
    "settings": {"number": 4, "max_nodes": 10},
    "prices": {"head": "0.2000"},
    "strategy": "next start",
}
PARTS = {"verdicts": "checks"}


@pytest.mark.parametrize("name", OTHERS)
def test_whatever_changes_changes_the_digest_and_is_named(name: str) -> None:
    before = Evidence(**GIVEN).parts
    after = Evidence(**{**GIVEN, name: OTHERS[name]}).parts
    assert digest_of(before) != digest_of(after)
    assert differing(before, after) == (PARTS.get(name, name),)


def test_the_order_of_keys_changes_nothing() -> None:
    turned = {**GIVEN, "configuration": {"b": 1, "a": 2}}
    same = {**GIVEN, "configuration": {"a": 2, "b": 1}}
    assert digest_of(Evidence(**turned).parts) == digest_of(Evidence(**same).parts)


def test_a_check_whose_answer_changes_with_the_hour_is_not_part_of_it() -> None:
    verdicts = {**GIVEN["verdicts"], CheckKind.WINDOW: Verdict.WARNING}
    later = Evidence(**{**GIVEN, "verdicts": verdicts})
    assert digest_of(later.parts) == digest_of(Evidence(**GIVEN).parts)


def test_what_a_hotfix_skips_is_part_of_it() -> None:
    skipping = Evidence(**{**GIVEN, "skipped": ("previous",)})
    assert differing(Evidence(**GIVEN).parts, skipping.parts) == ("strategy",)


def test_an_environment_without_settings_has_the_digest_of_before_there_were_any() -> None:
    without = Evidence(**{**GIVEN, "settings": {}})
    assert "settings" not in without.parts
    assert differing(without.parts, Evidence(**GIVEN).parts) == ("settings",)
    assert differing(Evidence(**GIVEN).parts, without.parts) == ("settings",)
