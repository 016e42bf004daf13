"""What a registry tells of one image: digest, platforms, sizes, labels and environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from providers.errors import InvalidRequest
from providers.oci.client import INDEXES, Manifest, RegistryClient

MOST_PLATFORMS = 8
_MOST_LABELS, _LONGEST_TEXT = 100, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One platform of an image; `size` is in bytes, compressed, as it is pulled."""

    os: str
    architecture: str
    variant: str = ""
    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteImage:
    """An image as the registry has it; what it says of itself is of its first Linux platform."""

    digest: str
    platforms: Sequence[Platform]
    created: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    environment: Sequence[str] = ()


def describe(client: RegistryClient, reference: str) -> RemoteImage:
    """Return what a tag or digest of the client's repository is; raises `ProviderError`s."""
    top = client.manifest(reference)
    if top.media_type in INDEXES:
        listed = [one for one in _list(top.content.get("manifests")) if _is_platform(one)]
        if not listed:
            raise InvalidRequest(f"{client.host}/{client.repository} lists no platforms.")
        inner = [(one, client.manifest(str(one.get("digest")))) for one in listed[:MOST_PLATFORMS]]
        platforms = [_platform(_dict(one.get("platform")), each) for one, each in inner]
        first = next((i for i, one in enumerate(platforms) if _is_usual(one)), 0)
        config = client.config(_config_digest(inner[first][1]))
    else:
        config = client.config(_config_digest(top))
        platforms = [_platform(config, top)]
    inside = _dict(config.get("config"))
    return RemoteImage(
        digest=top.digest,
        platforms=platforms,
        created=_moment(config.get("created")),
        labels=_labels(_dict(inside.get("Labels"))),
        environment=[str(line)[:_LONGEST_TEXT] for line in _list(inside.get("Env"))],
    )


def _is_platform(one: object) -> bool:
    """Whether an entry is an image: builders also list attestations, of an unknown platform."""
    platform = _dict(_dict(one).get("platform"))
    return platform.get("os") not in {None, "unknown"}


def _is_usual(platform: Platform) -> bool:
    return (platform.os, platform.architecture) == ("linux", "amd64")


def _platform(told: Mapping[str, Any], manifest: Manifest) -> Platform:
    parts = [_dict(manifest.content.get("config")), *_list(manifest.content.get("layers"))]
    return Platform(
        os=str(told.get("os") or "linux")[:40],
        architecture=str(told.get("architecture") or "unknown")[:40],
        variant=str(told.get("variant") or "")[:40],
        digest=manifest.digest,
        size=sum(_size(_dict(part).get("size")) for part in parts),
    )


def _config_digest(manifest: Manifest) -> str:
    return str(_dict(manifest.content.get("config")).get("digest", ""))


def _labels(labels: Mapping[str, Any]) -> dict[str, str]:
    kept = sorted(labels.items())[:_MOST_LABELS]
    return {str(name)[:_LONGEST_TEXT]: _plain(str(value)) for name, value in kept}


def _plain(text: str) -> str:
    return text.replace("\0", "")[:_LONGEST_TEXT]  # PostgreSQL keeps no NUL


def _size(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**50 else 0


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo and moment.year > 1970 else None


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
