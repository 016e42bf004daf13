"""Every typed setting of machines: its text in the form, and what that is in the block."""

from __future__ import annotations

from typing import Any

from domain.instance_settings import Reading
from domain.offerings import ProviderKind
from providers.registry import kinds_with, traits_of

AWS, GCP, PODS = ProviderKind.AWS, ProviderKind.GCP, ProviderKind.KUBERNETES


def term(*rules: Any) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": list(rules)}]}
    node = {"requiredDuringSchedulingIgnoredDuringExecution": required}
    return {"spec": {"affinity": {"nodeAffinity": node}}}


def ray(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "ray", **container}]}}


def volume(words: str, path: str = "/mnt", **source: Any) -> dict[str, Any]:
    mounts = ray(volumeMounts=[{"name": words, "mountPath": path}])
    return {"spec": {"volumes": [{"name": words, **source}], **mounts["spec"]}}


def gcp(**properties: Any) -> dict[str, Any]:
    return {"instanceProperties": properties}


def boot(**params: Any) -> dict[str, Any]:
    return gcp(disks=[{"boot": True, "autoDelete": True, "initializeParams": params}])


def reservation(**values: Any) -> dict[str, Any]:
    return {"CapacityReservationSpecification": values}


def disk(**ebs: Any) -> dict[str, Any]:
    return {"BlockDeviceMappings": [{"Ebs": ebs}]}


def interface(**network: Any) -> dict[str, Any]:
    return gcp(networkInterfaces=[network])


_SSD = {
    "type": "SCRATCH", "interface": "NVME", "autoDelete": True,
    "initializeParams": {"diskType": "local-ssd"},
}  # fmt: skip
_TAGS = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d=e"}]
_CLAIM = {
    "volumeClaimTemplate": {
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "resources": {"requests": {"storage": "1Gi"}},
        }
    }
}
EACH = [
    (AWS, "subnet", "subnet-1", {"SubnetId": "subnet-1"}),
    (AWS, "groups", "sg-1, sg-2", {"SecurityGroupIds": ["sg-1", "sg-2"]}),
    (AWS, "interface", "efa",
     {"NetworkInterfaces": [{"DeviceIndex": 0, "InterfaceType": "efa"}]}),
    (AWS, "disk0_device", "/dev/sda1", {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1"}]}),
    (AWS, "disk0_size", "200", disk(VolumeSize=200)),
    (AWS, "disk0_type", "gp3", disk(VolumeType="gp3")),
    (AWS, "disk0_iops", "3000", disk(Iops=3000)),
    (AWS, "disk0_throughput", "250", disk(Throughput=250)),
    (AWS, "disk0_encrypted", "yes", disk(Encrypted=True)),
    (AWS, "disk0_key", "alias/a", disk(KmsKeyId="alias/a")),
    (AWS, "disk0_delete", "no", disk(DeleteOnTermination=False)),
    (AWS, "placement_group", "near", {"Placement": {"GroupName": "near"}}),
    (AWS, "tenancy", "dedicated", {"Placement": {"Tenancy": "dedicated"}}),
    (AWS, "reservation", "cr-1",
     reservation(CapacityReservationTarget={"CapacityReservationId": "cr-1"})),
    (AWS, "reservation_preference", "open", reservation(CapacityReservationPreference="open")),
    (AWS, "market", "capacity-block", {"InstanceMarketOptions": {"MarketType": "capacity-block"}}),
    (AWS, "profile", "arn:1", {"IamInstanceProfile": {"Arn": "arn:1"}}),
    (AWS, "profile_name", "ray", {"IamInstanceProfile": {"Name": "ray"}}),
    (AWS, "key_pair", "debug", {"KeyName": "debug"}),
    (AWS, "imds", "required", {"MetadataOptions": {"HttpTokens": "required"}}),
    (AWS, "imds_hops", "2", {"MetadataOptions": {"HttpPutResponseHopLimit": 2}}),
    (AWS, "monitoring", "yes", {"Monitoring": {"Enabled": True}}),
    (AWS, "instance_tags", "a=b, c=d=e",
     {"TagSpecifications": [{"ResourceType": "instance", "Tags": _TAGS}]}),
    (AWS, "volume_tags", "a=b, c=d=e",
     {"TagSpecifications": [{"ResourceType": "volume", "Tags": _TAGS}]}),
    (GCP, "network", "n", interface(network="n")),
    (GCP, "subnet", "s", interface(subnetwork="s")),
    (GCP, "external_ip", "yes", interface(accessConfigs=[{"type": "ONE_TO_ONE_NAT"}])),
    (GCP, "external_ip", "no", interface(accessConfigs=[])),
    (GCP, "tags", "a, b", gcp(tags={"items": ["a", "b"]})),
    (GCP, "boot_size", "200", boot(diskSizeGb=200)),
    (GCP, "boot_type", "pd-ssd", boot(diskType="pd-ssd")),
    (GCP, "local_ssds", "2", gcp(disks=[_SSD, _SSD])),
    (GCP, "account", "a@b", gcp(serviceAccounts=[{"email": "a@b"}])),
    (GCP, "scopes", "s, t", gcp(serviceAccounts=[{"scopes": ["s", "t"]}])),
    (GCP, "reservations", "ANY_RESERVATION",
     gcp(reservationAffinity={"consumeReservationType": "ANY_RESERVATION"})),
    (GCP, "reservation_key", "k", gcp(reservationAffinity={"key": "k"})),
    (GCP, "reservation_names", "r", gcp(reservationAffinity={"values": ["r"]})),
    (GCP, "cpu_platform", "Intel Sapphire Rapids", gcp(minCpuPlatform="Intel Sapphire Rapids")),
    (GCP, "secure_boot", "yes", gcp(shieldedInstanceConfig={"enableSecureBoot": True})),
    (GCP, "vtpm", "no", gcp(shieldedInstanceConfig={"enableVtpm": False})),
    (GCP, "integrity", "yes", gcp(shieldedInstanceConfig={"enableIntegrityMonitoring": True})),
    (GCP, "labels", "a=b", gcp(labels={"a": "b"})),
    (PODS, "namespace", "ml", {"metadata": {"namespace": "ml"}}),
    (PODS, "account", "ray", {"spec": {"serviceAccountName": "ray"}}),
    (PODS, "priority", "high", {"spec": {"priorityClassName": "high"}}),
    (PODS, "runtime", "nvidia", {"spec": {"runtimeClassName": "nvidia"}}),
    (PODS, "pull_secrets", "a, b", {"spec": {"imagePullSecrets": [{"name": "a"}, {"name": "b"}]}}),
    (PODS, "selector", "disk=ssd", {"spec": {"nodeSelector": {"disk": "ssd"}}}),
    (PODS, "tolerations", "gpu=a:NoSchedule\nspot:NoExecute\nany", {"spec": {"tolerations": [
        {"key": "gpu", "operator": "Equal", "value": "a", "effect": "NoSchedule"},
        {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
        {"key": "any", "operator": "Exists"},
    ]}}),
    (PODS, "affinity", "zone=a|b\ngpu\ntier!=old", term(
        {"key": "zone", "operator": "In", "values": ["a", "b"]},
        {"key": "gpu", "operator": "Exists"},
        {"key": "tier", "operator": "NotIn", "values": ["old"]},
    )),
    (PODS, "requests", 'cpu=2, memory=8Gi, rdma/hca="1"',
     ray(resources={"requests": {"cpu": 2, "memory": "8Gi", "rdma/hca": "1"}})),
    (PODS, "limits", "nvidia.com/gpu=1", ray(resources={"limits": {"nvidia.com/gpu": 1}})),
    (PODS, "claims", "data=/mnt", volume("data", persistentVolumeClaim={"claimName": "data"})),
    (PODS, "claims", "d:data=/mnt", volume("d", persistentVolumeClaim={"claimName": "data"})),
    (PODS, "empty_dirs", "tmp=/mnt", volume("tmp", emptyDir={})),
    (PODS, "empty_dirs", "shm:Memory:8Gi=/dev/shm",
     volume("shm", "/dev/shm", emptyDir={"medium": "Memory", "sizeLimit": "8Gi"})),
    (PODS, "ephemeral", "scratch:fast:1Gi=/mnt", volume("scratch", ephemeral=_CLAIM)),
    (PODS, "labels", "a=b", {"metadata": {"labels": {"a": "b"}}}),
    (PODS, "annotations", "a=b", {"metadata": {"annotations": {"a": "b"}}}),
    (PODS, "istio", "no", {"metadata": {"annotations": {"sidecar.istio.io/inject": "false"}}}),
]  # fmt: skip

HAVE_SETTINGS = kinds_with(lambda traits: traits.settings is not None)


def read(provider: ProviderKind, block: dict[str, Any] | None) -> Reading:
    table = traits_of(provider).settings
    assert table is not None
    return table.read(block)
