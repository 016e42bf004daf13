"""Fixes that may be made without asking: every value that was meant is still there."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.problems import Problem, Severity
from domain.validation import check_text
from domain.yaml.fixes import Fixed, safely_fixed, with_safe_fixes
from domain.yaml.safety import leaves
from domain.yaml.text import modernised
from domain.yaml.tree import read
from tests.domain.machines import AWS, GCP, KUBERNETES

HEAD = "head_node: {instance_type: m5.2xlarge}\n"
LONE = f"{HEAD}worker_nodes: []\n"


def fixed(text: str, target: RegionCatalogue = ANYWHERE) -> Fixed:
    return with_safe_fixes(text, lambda changed: check_text(changed, target=target))


def values(text: str) -> Counter[str]:
    return Counter(leaves(read(modernised(text)).value))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("head_node: {instance_typ: m5.2xlarge}\nworker_nodes: []\n", "instance_type: m5.2xlarge"),
        (f'{HEAD}worker_nodes: [{{instance_type: m5.4xlarge, max_nodes: "4"}}]\n', "max_nodes: 4"),
        (f'{LONE}mobula: {{autoscaling: "yes"}}\n', "autoscaling: true"),
        (f"{LONE}zones: us-west-2a\n", "- us-west-2a"),
        (f"{LONE}idle_termination_minutes: 20\n", "idle_minutes: 20"),
        (f"{HEAD}worker_nodes: [{{instance_type: m5.4xlarge, market_type: spot}}]\n", "SPOT"),
    ],
)  # fmt: skip
def test_another_spelling_or_place_of_the_same_value_is_safe(text: str, after: str) -> None:
    outcome = fixed(text)
    assert after.replace("- ", "") in outcome.text
    assert outcome.made
    assert values(text) == values(outcome.text)


T4 = "{acceleratorType: nvidia-tesla-t4, acceleratorCount: 4}"
GPUS = f"advanced_instance_config: {{guestAccelerators: [{T4}]}}"
WITH_TYPE = f"{HEAD}worker_nodes: [{{name: a, instance_type: TYPE, max_nodes: 2}}]\n"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        # A block with something in it.
        (f"name: nightly\ncompute_confg: {{ {LONE.splitlines()[0]} }}\n", ANYWHERE),
        (f"{LONE}autoscaler: {{speed: 2}}\n", ANYWHERE),
        # Another machine.
        (WITH_TYPE.replace("TYPE", "p3.8xlarge"), AWS),
        (WITH_TYPE.replace("TYPE", "m5.3xlarge"), AWS),
        # Fewer resources, other limits.
        (f"{HEAD}worker_nodes: [{{instance_type: m5.4xlarge, resources: {{CPU: 99}}}}]\n", AWS),
        (f"{HEAD}worker_nodes: [{{instance_type: m5.4xlarge, min_nodes: 5, max_nodes: 3}}]\n", AWS),
        # GPUs, labels and settings of raw blocks.
        (f"{HEAD}worker_nodes: [{{instance_type: n2-standard-8, {GPUS}}}]\n", GCP),
        (f"{HEAD}worker_nodes: [{{instance_type: m5.4xlarge, labels: {{ray.io/region: a}}}}]\n",
         AWS),
        (f"{HEAD}worker_nodes: [{{instance_type: m5.4xlarge, flags: {{unknown: 3}}}}]\n", AWS),
    ],
)  # fmt: skip
def test_what_takes_a_value_away_is_left_to_a_person(text: str, target: RegionCatalogue) -> None:
    outcome = fixed(text, target)
    assert outcome.text == text
    assert outcome.made == ()
    assert outcome.left


@pytest.mark.parametrize("name", ["p3.8xlarge", "p2.xlarge", "g3.4xlarge", "dl1.24xlarge"])
def test_no_type_of_another_family_is_proposed(name: str) -> None:
    [found] = (
        p for p in check_text(WITH_TYPE.replace("TYPE", name), target=AWS)
        if p.code == "unknown-instance-type"
    )  # fmt: skip
    assert found.fix is None
    assert f"no types of family {name.partition('.')[0]}" in found.hint


def test_a_type_of_the_same_family_is_a_suggestion() -> None:
    text = WITH_TYPE.replace("TYPE", "m5.4xlrge")
    [found] = check_text(text, target=AWS)
    assert found.fix is not None
    assert safely_fixed(text, [found]) == []


def test_a_block_with_content_is_never_offered_to_be_removed() -> None:
    text = f"compute_confg:\n  head_node: {{instance_type: m5.2xlarge}}\n{LONE}"
    [found] = (p for p in check_text(text, target=ANYWHERE) if p.path == "compute_confg")
    assert found.fix is None


def test_an_empty_block_may_go() -> None:
    assert "autoscaler" not in fixed(f"{LONE}autoscaler: {{}}\n").text


def test_the_second_of_two_equal_entries_may_go() -> None:
    assert fixed(f"{LONE}zones: [us-west-2a, us-west-2a]\n", AWS).text.count("us-west-2a") == 1


def test_a_list_is_not_renamed_to_a_key_of_a_single_value() -> None:
    text = (
        f"{HEAD}worker_nodes: [{{instance_type: m5.4xlarge, advanced_instance_config: "
        "{SubnetIds: [subnet-0a1b2c3d, subnet-0a1b2c3e]}}]\n"
    )
    from domain.catalogue.region import RegionCatalogue as Region
    from domain.offerings import ProviderKind
    from providers.registry import traits_of

    target = Region(traits=traits_of(ProviderKind.AWS), types=AWS.types, prices=AWS.prices)
    [found] = (p for p in check_text(text, target=target) if p.code == "block-unknown-key")
    assert found.fix is None


KEYS = st.sampled_from([
    "instance_type", "instance_typ", "max_nodes", "max_node", "min_nodes", "market_type", "labels",
    "resources", "use_spot", "flags", "name", "unknown", "required_resources", "zones", "region",
])  # fmt: skip
SCALARS = st.one_of(
    st.integers(-5, 10**7),
    st.sampled_from(["m5.2xlarge", "p3.8xlarge", "4", "yes", "spot", "ON-DEMAND", "32GB", "", "a"]),
    st.booleans(),
    st.none(),
)
BLOCKS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)


@given(
    head=st.dictionaries(KEYS, BLOCKS, max_size=4),
    group=st.dictionaries(KEYS, BLOCKS, max_size=5),
    top=st.dictionaries(KEYS, BLOCKS, max_size=2),
    target=st.sampled_from([ANYWHERE, AWS, GCP, KUBERNETES]),
)
def test_after_all_safe_fixes_every_value_is_still_there(
    head: dict[str, object],
    group: dict[str, object],
    top: dict[str, object],
    target: RegionCatalogue,
) -> None:
    import json

    text = json.dumps({**top, "head_node": head, "worker_nodes": [group]}) + "\n"
    outcome = fixed(text, target)
    kept, meant = values(outcome.text), values(text)
    # Equal entries of one list may be written once.
    assert set(meant) == set(kept), outcome.text
    assert fixed(outcome.text, target).text == outcome.text
    assert _errors(outcome.left) <= _errors(check_text(text, target=target)) + len(outcome.made)


def _errors(problems: list[Problem] | tuple[Problem, ...]) -> int:
    return sum(problem.severity is Severity.ERROR for problem in problems)
