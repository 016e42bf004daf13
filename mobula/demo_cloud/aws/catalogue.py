"""Machine types, images, prices and parameters, with a small catalogue to start from."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable
from datetime import UTC, datetime

from mobula.demo_cloud.aws.protocol import Plain, Refused
from mobula.demo_cloud.aws.world import ZONES, World, matches, zone_id

# Name, vCPUs, GiB, architecture, GPU, network interfaces for EFA, dollars an hour.
_TYPES: tuple[tuple[str, int, int, str, str, int, str], ...] = (
    ("m5.large", 2, 8, "x86_64", "", 0, "0.096"),
    ("m5.2xlarge", 8, 32, "x86_64", "", 0, "0.384"),
    ("c7g.large", 2, 4, "arm64", "", 0, "0.0725"),
    ("g5.xlarge", 4, 16, "x86_64", "A10G", 0, "1.006"),
    ("p4d.24xlarge", 96, 1152, "x86_64", "A100", 4, "32.7726"),
)
CPU, GPU, ARM = "ami-000000c1", "ami-000000f1", "ami-000000a1"
PARAMETERS = {
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id": CPU,
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id": ARM,
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id":
        GPU,
}  # fmt: skip


def fill(world: World) -> None:
    """Put the small catalogue into a world."""
    for name, vcpus, gib, arch, gpu, interfaces, dollars in _TYPES:
        world.types[name] = _type(name, vcpus, gib, arch, gpu, interfaces)
        world.prices[name] = dollars
    for name, arch in ((CPU, "x86_64"), (GPU, "x86_64"), (ARM, "arm64")):
        add_image(world, name, arch=arch)
    world.parameters.update(PARAMETERS)
    world.key_pairs.add("ops")


def add_image(
    world: World, name: str, *, arch: str = "x86_64", title: str = "", owner: str = "amazon",
    made: str = "2026-01-01T00:00:00.000Z", root: str = "/dev/sda1",
) -> None:  # fmt: skip
    """Put an image into a world."""
    world.images[name] = {
        "ImageId": name,
        "Name": title or name,
        "OwnerId": owner,
        "Architecture": arch,
        "CreationDate": made,
        "State": "available",
        "RootDeviceName": root,
        "RootDeviceType": "ebs",
    }


def _type(name: str, vcpus: int, gib: int, arch: str, gpu: str, interfaces: int) -> Plain:
    row: Plain = {
        "InstanceType": name,
        "VCpuInfo": {"DefaultVCpus": vcpus},
        "MemoryInfo": {"SizeInMiB": gib * 1024},
        "ProcessorInfo": {"SupportedArchitectures": [arch]},
        "SupportedUsageClasses": ["on-demand", "spot"],
        "NetworkInfo": {"EfaSupported": bool(interfaces), "NetworkPerformance": "10 Gigabit"},
        "PlacementGroupInfo": {"SupportedStrategies": ["cluster", "partition", "spread"]},
    }
    if interfaces:
        row["NetworkInfo"]["EfaInfo"] = {"MaximumEfaInterfaces": interfaces}
        row["NetworkInfo"]["MaximumNetworkCards"] = interfaces
    if gpu:
        row["GpuInfo"] = {
            "Gpus": [{"Name": gpu, "Manufacturer": "NVIDIA", "Count": 1}],
            "TotalGpuMemoryInMiB": 24576,
        }
    return row


def describe_instance_types(world: World, asked: Plain) -> Plain:
    """List machine types."""
    names = asked.get("InstanceTypes") or list(world.types)
    unknown = [name for name in names if name not in world.types]
    if unknown:
        words = f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
        raise Refused("InvalidInstanceType", words)
    return {"InstanceTypes": [world.types[name] for name in names]}


def describe_instance_type_offerings(world: World, asked: Plain) -> Plain:
    """List where machine types are, by the names of zones or by their ids."""
    kind = asked.get("LocationType", "region")
    names: dict[str, Callable[[str], str]] = {
        "availability-zone": str,
        "availability-zone-id": zone_id,
    }
    name_of_zone = names[kind]
    rows = [
        {"InstanceType": name, "LocationType": kind, "Location": name_of_zone(zone)}
        for name in world.types
        for zone in ZONES
        if zone in world.offered.get(name, set(ZONES))
        and matches(asked.get("Filters", []), {"instance-type": name}, {})
    ]
    return {"InstanceTypeOfferings": rows}


def describe_spot_price_history(world: World, _asked: Plain) -> Plain:
    """List a spot price of 30 % for each type in each zone."""
    rows = [
        {
            "InstanceType": name,
            "AvailabilityZone": zone,
            "ProductDescription": "Linux/UNIX",
            "SpotPrice": f"{float(dollars) * 0.3:.6f}",
            "Timestamp": datetime.fromtimestamp(world.clock(), UTC),
        }
        for name, dollars in world.prices.items()
        for zone in ZONES
    ]
    return {"SpotPriceHistory": rows}


def get_products(world: World, _asked: Plain) -> Plain:
    """List the prices on demand."""
    lists = [
        json.dumps({
            "product": {"attributes": {"instanceType": name}},
            "terms": {"OnDemand": {"T": {"priceDimensions": {"D": {
                "unit": "Hrs", "pricePerUnit": {"USD": dollars},
            }}}}},
        })
        for name, dollars in world.prices.items()
    ]  # fmt: skip
    return {"FormatVersion": "aws_v1", "PriceList": lists}


def describe_images(world: World, asked: Plain) -> Plain:
    """List images by id, or by owner and filters."""
    ids, owners = asked.get("ImageIds", []), asked.get("Owners", [])
    for name in ids:
        if name not in world.images:
            raise Refused("InvalidAMIID.NotFound", f"The image id '[{name}]' does not exist")
    filters = asked.get("Filters", [])
    names = [value for one in filters if one["Name"] == "name" for value in one["Values"]]
    others = [one for one in filters if one["Name"] != "name"]
    rows = [
        image
        for image in world.images.values()
        if (not ids or image["ImageId"] in ids)
        and (not owners or image["OwnerId"] in owners)
        and (not names or any(fnmatch.fnmatch(image["Name"], name) for name in names))
        and matches(others, {"state": image["State"], "architecture": image["Architecture"]}, {})
    ]
    return {"Images": rows}


def get_parameter(world: World, asked: Plain) -> Plain:
    """Return a parameter of the Systems Manager."""
    name = asked["Name"]
    if name not in world.parameters:
        raise Refused("ParameterNotFound", "")
    return {"Parameter": {"Name": name, "Type": "String", "Value": world.parameters[name]}}
