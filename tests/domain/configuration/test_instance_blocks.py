"""Which raw instance configuration holds for a node."""

from domain.configuration.instance_blocks import block_of
from domain.configuration.spec import ComputeConfig

CLUSTER = {
    "SubnetId": "subnet-1",
    "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 500}}],
    "SecurityGroupIds": ["sg-1"],
}
NODE = {
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True}},
        {"DeviceName": "/dev/sdb"},
    ],
    "SecurityGroupIds": ["sg-2"],
}


def block(node: dict[str, object] | None, *, merge: bool = False) -> dict[str, object]:
    config = ComputeConfig.model_validate(
        {
            "advanced_instance_config": CLUSTER,
            "worker_nodes": [{"instance_type": "a", "advanced_instance_config": node}],
            "mobula": {"merge_instance_config": merge},
        }
    )
    return block_of(config, config.groups[0])


def test_node_without_a_block_has_the_clusters() -> None:
    assert block(None) == CLUSTER


def test_nodes_block_replaces_the_clusters() -> None:
    assert block(NODE) == NODE


def test_empty_block_replaces_it_with_nothing() -> None:
    assert block({}) == {}


def test_merged_blocks_meet_by_the_names_of_their_entries() -> None:
    merged = block(NODE, merge=True)
    assert merged["SubnetId"] == "subnet-1"
    assert merged["SecurityGroupIds"] == ["sg-2"]
    assert merged["BlockDeviceMappings"] == [
        {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 500, "Encrypted": True}},
        {"DeviceName": "/dev/sdb"},
    ]
