"""What a change takes on a running cluster, by provider."""

import pytest

from domain.configuration.diff import changes
from domain.configuration.effects import Effect, strongest, why_of
from domain.configuration.spec import ComputeConfig
from domain.offerings import ProviderKind
from providers.registry import traits_of

BASE = {
    "cloud": "c",
    "head_node": {"instance_type": "m5.2xlarge"},
    "worker_nodes": [{"name": "cpu", "instance_type": "m5.4xlarge"}],
}


def effect(change: dict[str, object], provider: ProviderKind) -> Effect | None:
    before, after = ComputeConfig.model_validate(BASE), ComputeConfig.model_validate(BASE | change)
    return strongest(
        one.effect for one in changes(before, after, rules=traits_of(provider).effects)
    )


def group(**values: object) -> dict[str, object]:
    return {"worker_nodes": [{"name": "cpu", "instance_type": "m5.4xlarge", **values}]}


@pytest.mark.parametrize(
    ("change", "on_aws", "on_kubernetes"),
    [
        (group(max_nodes=3), "live", "live"),
        (group(instance_type="m5.8xlarge"), "new nodes", "recreate"),
        (group(labels={"a": "b"}), "new nodes", "recreate"),
        (group(market_type="SPOT"), "new nodes", "recreate"),
        (group(flags={"pricing_weight": 2}), "live", "recreate"),
        ({"worker_nodes": []}, "live", "recreate"),
        ({"max_resources": {"CPU": 8}}, "live", "live"),
        ({"zones": ["a"]}, "new nodes", "recreate"),
        ({"advanced_instance_config": {"SubnetId": "s"}}, "new nodes", "recreate"),
        ({"head_node": {"instance_type": "m5.4xlarge"}}, "recreate", "recreate"),
        ({"cloud": "d"}, "recreate", "recreate"),
        ({"mobula": {"image": "a:2"}}, "recreate", "recreate"),
        ({"mobula": {"idle_minutes": 5}}, "live", "live"),
        ({"mobula": {"max_usd_per_hour": 5}}, "live", "live"),
        ({"mobula": {"max_nodes": 5}}, "live", "live"),
        ({"mobula": {"upscaling_speed": 1}}, "live", "live"),
        ({"mobula": {"mounts": [{"storage": "s", "path": "/mnt/s"}]}}, "new nodes", "recreate"),
    ],
)
def test_change_has_its_effect(change: dict[str, object], on_aws: str, on_kubernetes: str) -> None:
    assert effect(change, ProviderKind.AWS) == on_aws
    assert effect(change, ProviderKind.KUBERNETES) == on_kubernetes


def test_nothing_changed_has_no_effect() -> None:
    assert effect({}, ProviderKind.AWS) is None


def test_strongest_effect_holds_for_the_whole() -> None:
    both = {**group(max_nodes=3), "cloud": "d"}
    assert effect(both, ProviderKind.AWS) is Effect.RECREATE


def test_kuberay_is_named_where_it_is_the_reason() -> None:
    assert "KubeRay" in why_of(Effect.RECREATE, traits_of(ProviderKind.KUBERNETES).effects)
    assert "KubeRay" not in why_of(Effect.RECREATE, traits_of(ProviderKind.AWS).effects)
