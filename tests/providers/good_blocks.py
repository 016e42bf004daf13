"""One good raw block of each provider that takes them."""

from collections.abc import Mapping
from typing import Any

from domain.offerings import ProviderKind

GOOD: Mapping[ProviderKind, dict[str, Any]] = {
    ProviderKind.AWS: {
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
    ProviderKind.GCP: {
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
    ProviderKind.KUBERNETES: {
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
