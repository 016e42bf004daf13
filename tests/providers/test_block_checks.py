"""Raw blocks are checked against the providers' own schemas."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

import pytest

from domain.catalogue.region import RegionCatalogue
from domain.offerings import ProviderKind
from domain.problems import Problem, Severity
from domain.validation import check_text
from domain.yaml.fixes import apply
from mobula.commands.targets import add_target, target_of_options
from providers.registry import kinds_with, traits_of

AWS, GCP, KUBERNETES = ProviderKind.AWS, ProviderKind.GCP, ProviderKind.KUBERNETES
PATH = "worker_nodes[0].advanced_instance_config"

GOOD: Mapping[ProviderKind, dict[str, Any]] = {
    AWS: {
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {"VolumeSize": 500, "VolumeType": "gp3", "Iops": 6000, "Encrypted": True},
            }
        ],
        "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/node"},
        "SecurityGroupIds": ["sg-0a1b2c3d"],
        "SubnetId": "subnet-0a1b2c3d",
        "NetworkInterfaces": [{"DeviceIndex": 0, "InterfaceType": "efa", "Groups": ["sg-1"]}],
        "Placement": {"GroupName": "mine", "Tenancy": "default"},
        "CapacityReservationSpecification": {
            "CapacityReservationTarget": {"CapacityReservationId": "cr-1"}
        },
        "InstanceMarketOptions": {"MarketType": "capacity-block"},
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
    },
    GCP: {
        "instance_properties": {
            "disks": [
                {
                    "boot": True,
                    "auto_delete": True,
                    "initialize_params": {"disk_size_gb": 500, "disk_type": "pd-ssd"},
                }
            ],
            "labels": {"cost-center": "ml_research", "größe": "1"},
            "service_accounts": [{"email": "a@b.iam", "scopes": ["https://scope"]}],
            "network_interfaces": [
                {"network_ip": "10.0.0.1", "subnetwork": "x", "network_i_p": ""}
            ],
            "scheduling": {"provisioningModel": "SPOT", "minNodeCpus": 4},
            "tags": {"items": ["ray-node"]},
        },
        "disks": [{"initializeParams": {"diskSizeGb": "500"}, "interface": "NVME"}],
        "reservationAffinity": {"consumeReservationType": "SPECIFIC_RESERVATION", "values": ["r"]},
        "locationPolicy": {"locations": {"zones/us-central1-a": {"preference": "ALLOW"}}},
    },
    KUBERNETES: {
        "metadata": {
            "labels": {"team": "ml", "old": None},
            "annotations": {"sidecar.istio.io/inject": "false"},
        },
        "spec": {
            "nodeSelector": {"disktype": "ssd"},
            "priorityClassName": "high",
            "serviceAccountName": None,
            "tolerations": [
                {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
            ],
            "containers": [
                {
                    "name": "ray",
                    "resources": {"limits": {"cpu": 1.5, "memory": "16Gi", "nvidia.com/gpu": 1}},
                    "volumeMounts": [{"mountPath": "/mnt/data", "name": "data"}],
                    "livenessProbe": {"httpGet": {"port": "http"}},
                },
                {"name": "sidecar", "image": "busybox"},
                {"name": "gone", "$patch": "delete"},
            ],
            "volumes": [
                {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
                {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}},
            ],
        },
    },
}


def check(kind: ProviderKind, block: Mapping[str, object], path: str = "") -> list[Problem]:
    checker = traits_of(kind).check_block
    assert checker is not None
    return list(checker(block, path))


def test_each_cloud_that_takes_raw_blocks_has_a_check() -> None:
    assert set(kinds_with(lambda traits: traits.check_block is not None)) == {AWS, GCP, KUBERNETES}


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_block_has_no_problems(kind: ProviderKind) -> None:
    assert check(kind, GOOD[kind], PATH) == []


_POD = "spec.containers[0]"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
BAD: list[tuple[ProviderKind, dict[str, Any], str, str, str]] = [
    # provider, block, path of the problem, its code, the button of its fix
    (AWS, {"SubnetID": "s"}, "SubnetID", "block-unknown-key", "Rename to SubnetId"),
    (AWS, {"Zzzzzz": 1}, "Zzzzzz", "block-unknown-key", "Remove Zzzzzz"),
    (AWS, {"a.b[c": 1}, '["a.b?c"]', "block-unknown-key", "Remove a.b[c"),
    (AWS, {"GroupName": "x"}, "GroupName", "block-unknown-key", ""),
    (AWS, {"SecurityGroupIds": "sg-1"}, "SecurityGroupIds", "block-wrong-type", 'Set to ["sg-1"]'),
    (AWS, {"EbsOptimized": "true"}, "EbsOptimized", "block-wrong-type", "Set to true"),
    (AWS, {"EbsOptimized": 1}, "EbsOptimized", "block-wrong-type", ""),
    (AWS, {"KeyName": 7}, "KeyName", "block-wrong-type", 'Write "7"'),
    (AWS, {"KeyName": None}, "KeyName", "block-wrong-type", "Remove it"),
    (AWS, {"Ipv6AddressCount": True}, "Ipv6AddressCount", "block-wrong-type", ""),
    (AWS, {"Ipv6AddressCount": "3"}, "Ipv6AddressCount", "block-wrong-type", "Set to 3"),
    (AWS, {"Placement": []}, "Placement", "block-wrong-type", ""),
    (AWS, {"Monitoring": {}}, "Monitoring", "block-missing-key", ""),
    (
        AWS,
        {"BlockDeviceMappings": [{"Ebs": {"VolumeType": "gp33"}}]},
        "BlockDeviceMappings[0].Ebs.VolumeType",
        "block-bad-value",
        "Set to gp3",
    ),
    (
        AWS,
        {"ElasticInferenceAccelerators": [{"Type": "a", "Count": 0}]},
        "ElasticInferenceAccelerators[0].Count",
        "block-bad-value",
        "Set to 1",
    ),
    (
        GCP,
        {"service_acounts": []},
        "service_acounts",
        "block-unknown-key",
        "Rename to service_accounts",
    ),
    (GCP, {"labels": {"Team": "a"}}, "labels.Team", "block-bad-value", "Rename to team"),
    (GCP, {"labels": {"a": "B C"}}, "labels.a", "block-bad-value", ""),
    (GCP, {"labels": {"a": True}}, "labels.a", "block-wrong-type", 'Write "true"'),
    (GCP, {"tags": {"items": ["Ray"]}}, "tags.items[0]", "block-bad-value", "Set to ray"),
    (
        GCP,
        {"disks": [{"initialize_params": {"disk_size_gb": "100GB"}}]},
        "disks[0].initialize_params.disk_size_gb",
        "block-bad-value",
        "",
    ),
    (GCP, {"scheduling": {"minNodeCpus": 2**40}}, "scheduling.minNodeCpus", "block-bad-value", ""),
    (
        GCP,
        {"instance_properties": {"disks": [{"initializeParams": {"sourceImage": "i"}}]}},
        "instance_properties.disks[0].initializeParams.sourceImage",
        "block-refused-key",
        "Remove sourceImage",
    ),
    (
        GCP,
        {"metadata": {"items": [{"key": "user-data", "value": "x"}]}},
        "metadata.items[0]",
        "block-refused-key",
        "Remove user-data",
    ),
    (
        GCP,
        {"scheduling": {"provisioning_model": "spot"}},
        "scheduling.provisioning_model",
        "block-bad-value",
        "Set to SPOT",
    ),
    (
        KUBERNETES,
        {"spec": {"node_selector": {}}},
        "spec.node_selector",
        "block-unknown-key",
        "Rename to nodeSelector",
    ),
    (
        KUBERNETES,
        {"spec": {"tolerations": {"key": "a"}}},
        "spec.tolerations",
        "block-wrong-type",
        'Set to [{"key": "a"}]',
    ),
    (
        KUBERNETES,
        {"metadata": {"labels": {"a": True}}},
        "metadata.labels.a",
        "block-wrong-type",
        'Write "true"',
    ),
    (
        KUBERNETES,
        {"metadata": {"labels": {"a": "b c"}}},
        "metadata.labels.a",
        "block-bad-value",
        "Set to bc",
    ),
    (
        KUBERNETES,
        {"spec": {"restartPolicy": "never"}},
        "spec.restartPolicy",
        "block-bad-value",
        "Set to Never",
    ),
    (
        KUBERNETES,
        {"spec": {"tolerations": [{"operator": "exists"}]}},
        "spec.tolerations[0].operator",
        "block-bad-value",
        "Set to Exists",
    ),
    (
        KUBERNETES,
        {"spec": {"containers": [{"name": "ray", "resources": {"limits": {"memory": "32GB"}}}]}},
        f"{_POD}.resources.limits.memory",
        "block-bad-value",
        "Set to 32G",
    ),
    (KUBERNETES, {"spec": {"containers": [{"env": []}]}}, _POD, "block-missing-key", ""),
    (
        KUBERNETES,
        {"spec": {"containers": [{"name": "ray-head"}]}},
        _POD,
        "block-missing-key",
        "Name it ray",
    ),
    (
        KUBERNETES,
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


@pytest.mark.parametrize(("kind", "block", "path", "code", "button"), BAD)
def test_a_mistake_is_found_at_its_place(
    kind: ProviderKind, block: dict[str, Any], path: str, code: str, button: str
) -> None:
    (found,) = check(kind, block)
    assert (found.path, found.code, found.severity) == (path, code, Severity.ERROR)
    assert (found.fix.label if found.fix else "") == button
    assert found.message[-1] in ".?"
    assert not found.hint or found.hint[-1] in ".?"


def test_all_mistakes_are_found_at_once() -> None:
    block = {"SubnetID": 1, "KeyName": [], "Placement": {"Tenancy": "mine", "AvailabilityZon": "a"}}
    assert len(check(AWS, block)) == 4


def test_both_spellings_are_known_and_neither_hides_the_other() -> None:
    block = {
        "instanceProperties": {"service_accounts": 1},
        "instance_properties": {"serviceAccounts": 1},
    }
    assert [p.code for p in check(GCP, block)] == ["block-wrong-type"] * 2


def yaml_of(block: str, *, rest: str = "") -> str:
    nodes = "head_node: {instance_type: x}\nworker_nodes: []\n"
    return f"{nodes}advanced_instance_config: {block}\n{rest}"


def codes(kind: ProviderKind, text: str) -> list[tuple[str, str]]:
    target = RegionCatalogue(traits=traits_of(kind))
    return [
        (p.path, p.code) for p in check_text(text, target=target) if p.code.startswith("block-")
    ]


def test_what_is_refused_or_foreign_is_said_once() -> None:
    top = "advanced_instance_config"
    text = yaml_of("{ImageId: 5, disks: [], SubnetID: a, 'a.b': 1}")
    assert codes(AWS, text) == [
        (f"{top}.ImageId", "block-refused-key"),
        (f"{top}.disks", "block-of-other-provider"),
        (f"{top}.SubnetID", "block-unknown-key"),
        (f'{top}["a.b"]', "block-unknown-key"),
    ]
    text = yaml_of("{SubnetId: a, 'a.b': 1, spec: {nodeSelectors: {}}}")
    assert [code for _, code in codes(KUBERNETES, text)] == [
        "block-of-other-provider", "block-unknown-key", "block-unknown-key",
    ]  # fmt: skip
    text = yaml_of("{instance_properties: {machine_type: 5}}")
    assert codes(GCP, text) == [(f"{top}.instance_properties.machine_type", "block-refused-key")]


def test_merged_blocks_of_nodes_may_remove_keys_and_leave_some_out() -> None:
    node = (
        "head_node: {instance_type: x, advanced_instance_config: {KeyName: null, Monitoring: {},"
        " EbsOptimized: 1}}\nworker_nodes: []\nadvanced_instance_config: {KeyName: a}\n"
    )
    merged = codes(AWS, f"{node}mobula: {{merge_instance_config: true}}\n")
    assert merged == [("head_node.advanced_instance_config.EbsOptimized", "block-wrong-type")]
    assert len(codes(AWS, node)) == 3


@pytest.mark.parametrize(("kind", "block", "path", "code", "button"), BAD)
def test_each_fix_mends_the_text(
    kind: ProviderKind, block: dict[str, Any], path: str, code: str, button: str
) -> None:
    text = yaml_of(json.dumps(block))
    target = RegionCatalogue(traits=traits_of(kind))
    found = [p for p in check_text(text, target=target) if p.code == code]
    for problem in found:
        if problem.fix is not None:
            after = check_text(apply(text, problem.fix), target=target)
            assert (problem.path, problem.code) not in {(p.path, p.code) for p in after}


def test_blocks_of_several_cloud_resources_and_environments_are_checked() -> None:
    block = "advanced_instance_config: {SubnetID: a}"
    one = f"{{cloud_resource: a, head_node: {{instance_type: x}}, worker_nodes: [], {block}}}"
    (found,) = codes(AWS, f"configs:\n  - {one}\n")
    assert found == ("configs[0].advanced_instance_config.SubnetID", "block-unknown-key")
    rest = "mobula: {environments: {prod: {advanced_instance_config: {EbsOptimized: 1}}}}\n"
    target = RegionCatalogue(traits=traits_of(AWS))
    found_there = check_text(yaml_of("{KeyName: a}", rest=rest), target=target)
    assert "`EbsOptimized` must be true or false" in " ".join(p.message for p in found_there)


@pytest.mark.parametrize("provider", ["aws", "gcp", "kubernetes"])
def test_the_command_line_checks_blocks_alike(provider: str) -> None:
    parser = argparse.ArgumentParser()
    add_target(parser)
    target = target_of_options(parser.parse_args(["--provider", provider]))
    assert target.traits.check_block is not None
    assert target.traits.check_block({"Zzz": 1}, "a")
