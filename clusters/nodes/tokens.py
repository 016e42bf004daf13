"""The tokens of a cluster's run: its agent's, and the one that Ray's ports ask for."""

from __future__ import annotations

import hashlib

from django.utils.crypto import salted_hmac

from clusters.models import Cluster

# Ray has token authentication from this version on.
TOKEN_SINCE = (2, 52)


def agent_token(cluster: Cluster) -> str:
    """Return the head agent's token of this run.

    It is derived, not stored: a launch that is repeated after a crash hands out the same token,
    and the database holds only its hash.
    """
    return _derived("mobula.agent", cluster)


def hashed(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def has_token_auth(ray_version: str) -> bool:
    """Return whether this Ray can refuse strangers."""
    major, minor = ray_version.split(".")[:2]
    return (int(major), int(minor)) >= TOKEN_SINCE


def ray_token(cluster: Cluster) -> str:
    """Return the token that Ray's ports ask for, or "" where this Ray has none."""
    if not has_token_auth(cluster.image_version.ray_version):
        return ""
    return _derived("mobula.ray", cluster)


def _derived(purpose: str, cluster: Cluster) -> str:
    run = f"{cluster.pk}:{cluster.run.number}"
    return salted_hmac(purpose, run, algorithm="sha256").hexdigest()
