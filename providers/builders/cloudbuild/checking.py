"""Whether Cloud Build can build images in a project, asked of Google without building one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from providers.builders.cloudbuild.place import CloudBuildPlace
from providers.builders.cloudbuild.service import CloudBuildService
from providers.errors import BadCredentials, InvalidRequest

_NONE = "00000000-0000-0000-0000-000000000000"  # no build has this name


def problems(place: CloudBuildPlace) -> Iterator[str]:
    """Yield what keeps the project from building, each with the way out.

    `cloudbuild.builds.create` cannot be tried without a build. Raises `ProviderError` subclasses
    where Google cannot be asked at all.
    """
    service = CloudBuildService(place, log_every=0)
    remote = f"{service.parent}/builds/{_NONE}"
    tries: list[Callable[[], Any]] = [
        lambda: service.find("check"),
        lambda: service.progress(remote),
        lambda: service.log(remote).more(),
        lambda: service.stop(remote),
    ]
    if place.bucket:
        tries.append(service.try_bucket)
    for attempt in tries:
        try:
            attempt()
        except (BadCredentials, InvalidRequest) as error:
            yield str(error)
