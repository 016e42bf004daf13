"""Object stores beside the machine's memory; replacement by rank beside labels."""

import pytest

from domain.validation import check_text
from tests.domain.machines import AWS, KUBERNETES


def codes(text: str, target: object = KUBERNETES) -> dict[str, str]:
    return {one.code: one.path for one in check_text(text, target=target)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("memory", "resources", "is_large"),
    [("8G", "object_store_memory: 10240000000", True),
     ("4Gi", "object_store_memory: 4294967296", True),
     ("8Gi", "object_store_memory: 4294967296, memory: 5368709120", True),
     ("8Gi", "object_store_memory: 4294967296, memory: 4294967296", False),
     ("8Gi", "object_store_memory: 2147483648", False),
     ("8Gi", "memory: 8589934592", False)],
)  # fmt: skip
def test_object_store_must_fit_into_the_pod(memory: str, resources: str, *, is_large: bool) -> None:
    text = f"""
head_node: {{required_resources: {{CPU: 8, memory: 32Gi}}}}
worker_nodes:
  - {{name: a, required_resources: {{CPU: 1, memory: {memory}}}, resources: {{{resources}}}}}
"""
    found = codes(text)
    assert ("object-store-too-large" in found) is is_large
    if is_large:
        assert found["object-store-too-large"] == "worker_nodes[0].resources.object_store_memory"


@pytest.mark.parametrize(("gib", "is_large"), [(40, True), (32, True), (20, False)])
def test_object_store_must_fit_on_a_named_machine(gib: int, *, is_large: bool) -> None:
    text = f"""
head_node: {{instance_type: m5.2xlarge}}
worker_nodes:
  - {{name: a, instance_type: m5.2xlarge, resources: {{object_store_memory: {gib * 2**30}}}}}
"""
    assert ("object-store-too-large" in codes(text, AWS)) is is_large


@pytest.mark.parametrize(
    ("labels", "replaces", "warns"),
    [("labels: {team: a}", "true", True), ("labels: {team: a}", "false", False),
     ("labels: {}", "true", False)],
)  # fmt: skip
def test_replacement_by_rank_beside_labels_is_a_warning(
    labels: str, replaces: str, *, warns: bool
) -> None:
    text = f"""
head_node: {{instance_type: m5.2xlarge}}
worker_nodes:
  - {{name: a, instance_type: m5.2xlarge, {labels}}}
  - {{name: b, instance_type: m5.4xlarge}}
flags:
  instance_ranking_strategy:
    - ranker_type: custom_group_order
      ranker_config: {{group_order: [a, b], enable_replacement: {replaces}}}
"""
    assert ("ranking-replaces-labeled" in codes(text, AWS)) is warns
