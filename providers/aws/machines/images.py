"""What a machine boots: its AMI, by the kind of its type."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.offerings import InstanceType
from providers.aws.account import AwsAccount, ImageChoice
from providers.aws.calls import Calls
from providers.aws.offerings import machine_type
from providers.base import InvalidRequest

KEPT_SECONDS = 600.0  # a newer image is taken after so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An AMI."""

    id: str
    root_device: str
    arch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """A machine type, and what launches must know of it besides."""

    type: InstanceType
    efa_interfaces: int  # 0: it has none

    @property
    def image_kind(self) -> str:
        """Which of an account's AMIs it boots."""
        if self.type.arch == "arm64":
            return "arm64"
        return "gpu" if self.type.gpus else "cpu"


class Images:
    """The machine types and AMIs of one account; what was found is kept for a while."""

    def __init__(
        self,
        account: AwsAccount,
        *,
        ec2: Calls,
        ssm: Calls,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account, self._ec2, self._ssm, self._clock = account, ec2, ssm, clock
        self._types: dict[str, Hardware] = {}
        self._images: dict[str, tuple[float, Image]] = {}

    def hardware(self, name: str) -> Hardware:
        """Return a machine type; raises `InvalidRequest` for one that the region has not."""
        if name not in self._types:
            rows = self._ec2("describe_instance_types", InstanceTypes=[name])["InstanceTypes"]
            network = rows[0].get("NetworkInfo", {})
            most = network.get("EfaInfo", {}).get("MaximumEfaInterfaces", 1)
            self._types[name] = Hardware(
                type=machine_type(rows[0], zones=frozenset()),
                efa_interfaces=most if network.get("EfaSupported") else 0,
            )
        return self._types[name]

    def image(self, hardware: Hardware) -> Image:
        """Return the AMI of a machine type; raises `InvalidRequest` where it does not fit."""
        kind, now = hardware.image_kind, self._clock()
        kept = self._images.get(kind)
        if kept is None or now - kept[0] > KEPT_SECONDS:
            kept = now, self._find(self._account.image(kind), kind)
            self._images[kind] = kept
        image = kept[1]
        if image.arch != hardware.type.arch:
            raise InvalidRequest(
                f"AMI {image.id} is for {image.arch}, but {hardware.type.name} is "
                f"{hardware.type.arch}. Change the cloud's AMI for {kind} machines."
            )
        return image

    def _find(self, choice: ImageChoice, kind: str) -> Image:
        if choice.owner:
            return self._newest(choice, kind)
        name = choice.id or self._parameter(choice.ssm)
        found = self._ec2("describe_images", ImageIds=[name])["Images"]
        if not found:
            raise InvalidRequest(f"AMI {name} does not exist in {self._account.region}.")
        return _image(found[0])

    def _parameter(self, path: str) -> str:
        try:
            value: str = self._ssm("get_parameter", Name=path)["Parameter"]["Value"]
        except InvalidRequest as error:
            raise InvalidRequest(
                f"The SSM parameter {path} does not exist in {self._account.region}. "
                "Change the cloud's AMI."
            ) from error
        return value

    def _newest(self, choice: ImageChoice, kind: str) -> Image:
        filters = [
            {"Name": "name", "Values": [choice.name]},
            {"Name": "state", "Values": ["available"]},
            {"Name": "architecture", "Values": ["arm64" if kind == "arm64" else "x86_64"]},
        ]
        found = self._ec2("describe_images", Owners=[choice.owner], Filters=filters)["Images"]
        if not found:
            raise InvalidRequest(
                f"{choice.owner} has no AMI named {choice.name} in {self._account.region}. "
                "Change the cloud's AMI."
            )
        return _image(max(found, key=lambda row: (row["CreationDate"], row["ImageId"])))


def _image(row: dict[str, Any]) -> Image:
    return Image(
        id=row["ImageId"], root_device=row.get("RootDeviceName", ""), arch=row["Architecture"]
    )
