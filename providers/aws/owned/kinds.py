"""The kinds of resources that carry Mobula's tags in an account: how each is read and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.offerings import Market
from domain.orphans import ResourceKind
from providers.aws import tags
from providers.inventory import OwnedResource


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind: `inner` is where pages have lists of lists, `filter` finds one by its id."""

    lists: str
    key: str
    filter: str
    removes: str
    parameter: str
    gone: frozenset[str]  # codes of errors
    read: Callable[[Mapping[str, Any]], OwnedResource]
    page: int | None = None  # the most on a page, where there are pages
    inner: str = ""
    takes_list: bool = False

    def rows(self, found: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        """Return the resources of what pages have under `key`."""
        return (row for one in found for row in one[self.inner]) if self.inner else found

    def which(self, resource_id: str) -> dict[str, Any]:
        """Return the parameter that names a resource for its removal."""
        return {self.parameter: [resource_id] if self.takes_list else resource_id}


def tags_of(row: Mapping[str, Any]) -> Mapping[str, str]:
    """Return a resource's tags: of network interfaces they are in a set."""
    return tags.of_rows(row.get("Tags") or row.get("TagSet") or ())


def _instance(row: Mapping[str, Any]) -> OwnedResource:
    own = tags_of(row)
    batch = own.get(tags.BATCH, "")
    is_spot = row.get("InstanceLifecycle") == "spot"
    return OwnedResource(
        kind=ResourceKind.INSTANCE,
        id=row["InstanceId"],
        name=own.get("Name", ""),
        handle=own.get(tags.CLUSTER, ""),
        node=tags.name_of(batch, int(row.get("AmiLaunchIndex", 0))) if batch else "",
        state=row["State"]["Name"],
        created_at=_moment(row.get("LaunchTime")),
        zone=row.get("Placement", {}).get("AvailabilityZone", ""),
        instance_type=row.get("InstanceType", ""),
        market=Market.SPOT if is_spot else Market.ON_DEMAND,
    )


def _volume(row: Mapping[str, Any]) -> OwnedResource:
    own = tags_of(row)
    attached: Sequence[Mapping[str, Any]] = row.get("Attachments") or ({},)
    return OwnedResource(
        kind=ResourceKind.VOLUME,
        id=row["VolumeId"],
        name=own.get("Name", ""),
        handle=own.get(tags.CLUSTER, ""),
        state=row.get("State", ""),
        created_at=_moment(row.get("CreateTime")),
        zone=row.get("AvailabilityZone", ""),
        attached_to=attached[0].get("InstanceId", ""),
        size_gib=int(row.get("Size", 0)),
        storage_type=row.get("VolumeType", ""),
    )


def _interface(row: Mapping[str, Any]) -> OwnedResource:
    own = tags_of(row)
    return OwnedResource(
        kind=ResourceKind.NETWORK_INTERFACE,
        id=row["NetworkInterfaceId"],
        name=own.get("Name", ""),
        handle=own.get(tags.CLUSTER, ""),
        state=row.get("Status", ""),
        zone=row.get("AvailabilityZone", ""),
        attached_to=row.get("Attachment", {}).get("InstanceId", ""),
    )


def _security_group(row: Mapping[str, Any]) -> OwnedResource:
    return OwnedResource(
        kind=ResourceKind.SECURITY_GROUP,
        id=row["GroupId"],
        name=row.get("GroupName", ""),
        handle=tags_of(row).get(tags.CLUSTER, ""),
        state="available",
    )


def _placement_group(row: Mapping[str, Any]) -> OwnedResource:
    return OwnedResource(
        kind=ResourceKind.PLACEMENT_GROUP,
        id=row["GroupName"],
        name=row["GroupName"],
        handle=tags_of(row).get(tags.CLUSTER, ""),
        state=row.get("State", ""),
    )


def _moment(told: datetime | None) -> datetime | None:
    return told.astimezone(UTC) if told else None


KINDS: Mapping[ResourceKind, Kind] = {
    ResourceKind.INSTANCE: Kind(
        lists="describe_instances",
        key="Reservations",
        inner="Instances",
        filter="instance-id",
        page=1000,
        removes="terminate_instances",
        parameter="InstanceIds",
        takes_list=True,
        gone=frozenset({"InvalidInstanceID.NotFound"}),
        read=_instance,
    ),
    ResourceKind.VOLUME: Kind(
        lists="describe_volumes",
        key="Volumes",
        filter="volume-id",
        page=500,
        removes="delete_volume",
        parameter="VolumeId",
        gone=frozenset({"InvalidVolume.NotFound"}),
        read=_volume,
    ),
    ResourceKind.NETWORK_INTERFACE: Kind(
        lists="describe_network_interfaces",
        key="NetworkInterfaces",
        filter="network-interface-id",
        page=1000,
        removes="delete_network_interface",
        parameter="NetworkInterfaceId",
        gone=frozenset({"InvalidNetworkInterfaceID.NotFound"}),
        read=_interface,
    ),
    ResourceKind.SECURITY_GROUP: Kind(
        lists="describe_security_groups",
        key="SecurityGroups",
        filter="group-id",
        page=1000,
        removes="delete_security_group",
        parameter="GroupId",
        gone=frozenset({"InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound"}),
        read=_security_group,
    ),
    ResourceKind.PLACEMENT_GROUP: Kind(
        lists="describe_placement_groups",
        key="PlacementGroups",
        filter="group-name",
        removes="delete_placement_group",
        parameter="GroupName",
        gone=frozenset({"InvalidPlacementGroup.Unknown"}),
        read=_placement_group,
    ),
}
