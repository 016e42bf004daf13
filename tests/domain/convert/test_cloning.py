"""A configuration on another cloud: the nearest machines, and what stays behind."""

from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.convert.cloning import Mapped, cloned, mapped
from domain.offerings import InstanceType, Market, ProviderKind
from tests.domain.machines import AWS, unchecked

GIB = 2**30
THERE = RegionCatalogue(
    traits=unchecked(ProviderKind.GCP),
    types={
        one.name: one
        for one in (
            InstanceType(name="n2-standard-8", vcpus=8, memory_bytes=32 * GIB),
            InstanceType(name="n2-standard-16", vcpus=16, memory_bytes=64 * GIB),
            InstanceType(name="a10", vcpus=12, memory_bytes=48 * GIB, gpus=1, gpu_model="A10G"),
        )
    },
)
CONFIG = ComputeConfig.model_validate(
    {
        "cloud": "aws",
        "head_node": {"instance_type": "m5.2xlarge"},
        "worker_nodes": [
            {"name": "cpu", "instance_type": "m5.4xlarge", "max_nodes": 4, "labels": {"a": "b"}},
            {"name": "gpu", "instance_type": "g5.2xlarge", "market_type": "SPOT"},
            {"name": "arm", "instance_type": "m7g.4xlarge"},
            {"name": "need", "required_resources": {"CPU": 8, "memory": "32Gi"}},
        ],
        "zones": ["us-west-2a"],
        "advanced_instance_config": {"SubnetId": "subnet-1"},
        "max_resources": {"GPU": 4},
    }
)


def machines() -> list[Mapped]:
    return mapped(CONFIG, source=AWS, target=THERE)


def first_choices() -> dict[str, str]:
    return {one.path: one.candidates[0].machine.name for one in machines() if one.candidates}


def test_each_machine_has_its_nearest_there() -> None:
    assert first_choices() == {
        "head_node": "n2-standard-8",
        "worker_nodes[0]": "n2-standard-16",
        "worker_nodes[1]": "a10",
        "worker_nodes[2]": "n2-standard-16",  # the nearest that is not arm64
    }


def test_what_differs_is_said_of_each_candidate() -> None:
    arm = machines()[3]
    assert not arm.is_like
    assert arm.candidates[0].differences == ("x86_64 instead of arm64",)
    assert machines()[1].candidates[0].differences == ()


def test_node_whose_machine_is_not_chosen_asks_for_its_hardware() -> None:
    chosen = {**first_choices(), "worker_nodes[2]": ""}
    new, _ = cloned(CONFIG, cloud="gcp", chosen=chosen, machines=machines())
    arm = new.groups[2]
    assert arm.instance_type is None
    assert arm.required_resources is not None
    assert (arm.required_resources.CPU, arm.required_resources.cpu_architecture) == (16, "arm64")


def test_all_else_stays_as_it_was() -> None:
    new, _ = cloned(CONFIG, cloud="gcp", chosen=first_choices(), machines=machines())
    assert (new.cloud, new.max_resources) == ("gcp", {"GPU": 4})
    assert [group.name for group in new.groups] == ["cpu", "gpu", "arm", "need"]
    assert (new.groups[0].labels, new.groups[0].max_nodes) == ({"a": "b"}, 4)
    assert new.groups[3].required_resources == CONFIG.groups[3].required_resources


def test_what_belongs_to_the_old_cloud_is_left_out_and_said() -> None:
    new, left_out = cloned(CONFIG, cloud="gcp", chosen={}, machines=machines())
    assert (new.zones, new.advanced_instance_config) == (None, {})
    assert [words.partition(":")[0] for words in left_out] == ["zones", "advanced_instance_config"]


def test_type_that_was_not_offered_is_not_taken() -> None:
    new, _ = cloned(CONFIG, cloud="gcp", chosen={"head_node": "evil"}, machines=machines())
    assert new.head_node is not None
    assert new.head_node.instance_type is None


def test_spot_prices_decide_among_equals_for_a_spot_group() -> None:
    twins = {
        name: InstanceType(name=name, vcpus=8, memory_bytes=32 * GIB, gpus=1, gpu_model="A10G")
        for name in ("dear", "cheap")
    }
    from decimal import Decimal

    prices = {("dear", Market.SPOT): Decimal(2), ("cheap", Market.SPOT): Decimal(1)}
    found = mapped(CONFIG, source=AWS, target=RegionCatalogue(types=twins, prices=prices))
    gpu = next(one for one in found if one.name == "gpu")
    assert [one.machine.name for one in gpu.candidates] == ["cheap", "dear"]


def test_what_is_bound_to_the_old_cloud_is_named() -> None:
    flags = {"efa_config": {}, "zone_starting_timeout": "5m"}
    one = {"head_node": {"instance_type": "x9.huge"}, "flags": flags, "worker_nodes": []}
    config = ComputeConfig.model_validate({"configs": [one, {"cloud_resource": "east"}]})
    found = mapped(config, source=AWS, target=THERE)
    new, left_out = cloned(config, cloud="gcp", chosen={}, machines=found)
    assert new.flags == {"zone_starting_timeout": "5m"}
    assert {line.partition(":")[0] for line in left_out} == {
        "configs", "flags.efa_config", "head_node.instance_type",
    }  # fmt: skip


def test_part_of_a_processor_asks_for_a_whole_one() -> None:
    small = InstanceType(name="e2-micro", vcpus=0.25, memory_bytes=GIB)
    source = RegionCatalogue(traits=unchecked(ProviderKind.GCP), types={"e2-micro": small})
    config = ComputeConfig.model_validate({"head_node": {"instance_type": "e2-micro"}})
    found = mapped(config, source=source, target=THERE)
    new, _ = cloned(config, cloud="x", chosen={}, machines=found)
    assert new.head_node is not None
    assert new.head_node.required_resources is not None
    assert new.head_node.required_resources.CPU == 1


def test_types_to_fall_back_to_stay_behind_and_are_named() -> None:
    own = {"groups": {"cpu": {"fallback_types": ["m5.2xlarge"], "warm_spare": 1}}}
    config = CONFIG.replace(mobula=own)
    new, left_out = cloned(config, cloud="gcp", chosen=first_choices(), machines=machines())
    assert new.mobula.groups["cpu"].fallback_types == ()
    assert new.mobula.groups["cpu"].warm_spare == 1
    assert (
        "mobula.groups.cpu.fallback_types: m5.2xlarge are instance types of the source cloud."
    ) in left_out
