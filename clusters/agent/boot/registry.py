"""The login with which a machine pulls its cluster's image: for one repository and some minutes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from time import monotonic
from typing import Any

from clusters.models import Node
from images.registries.asking import password_for, registry_at
from providers.base import InvalidRequest
from providers.registries import PullToken, Repository, pull_token, repository_of

# Machines that start together get one token; it stays in memory, for a fraction of its life.
SHARED_SECONDS, _SHARE_OF_LIFE = 60.0, 0.25
_MOST_SHARED = 1_000

_shared: OrderedDict[Repository, tuple[float, str, PullToken]] = OrderedDict()
_lock = Lock()


def docker_login(node: Node) -> dict[str, Any]:
    """Return the configuration file with which Docker may pull the image of the node's cluster.

    Raises ProviderError and its subclasses.
    """
    repository = repository_of(node.cluster.image_version.location)
    team = node.cluster.team
    credentials = password_for(repository.host, team=team)
    if not credentials:
        raise InvalidRequest(
            f"There are no credentials for {repository.host}. Add a registry for it, or "
            "MOBULA_REGISTRY_CREDENTIALS."
        )
    registry = registry_at(repository.host, team=team)
    ca = str(registry.settings.get("ca", "")) if registry else ""
    token = _token(repository, credentials, ca=ca)
    return {"auths": {repository.login: {"registrytoken": token}} if token else {}}


def _token(repository: Repository, credentials: str, *, ca: str) -> str:
    with _lock:
        until, of, known = _shared.get(repository, (0.0, "", PullToken("", 0.0)))
    if until > monotonic() and of == credentials:
        return known.token
    fresh = pull_token(repository, credentials=credentials, ca=ca)
    until = monotonic() + min(SHARED_SECONDS, fresh.seconds * _SHARE_OF_LIFE)
    with _lock:
        _shared[repository] = until, credentials, fresh
        while len(_shared) > _MOST_SHARED:
            _shared.popitem(last=False)
    return fresh.token
