"""The tokens of a cluster's run: its agent's, and the one that Ray's ports ask for."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.sealing import key_id, seal, unseal
from clusters.models import Cluster, Run

# Ray has token authentication from this version on.
TOKEN_SINCE = (2, 52)
_BYTES = 32  # of a token


def create_tokens(cluster: Cluster) -> None:
    """Give the cluster's new run tokens of its own; the caller saves it.

    They are stored sealed: a launch that is repeated after a crash hands out the same tokens, and
    the database alone does not tell them.
    """
    agent, ray = secrets.token_hex(_BYTES), secrets.token_hex(_BYTES)
    cluster.run.agent_token_hash = hashed(agent)
    cluster.run.sealed_tokens = _sealed(cluster, (agent, ray))


def agent_token(cluster: Cluster) -> str:
    """Return the head agent's token of this run."""
    return _tokens(cluster)[0]


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
    return _tokens(cluster)[1]


def jupyter_token(cluster: Cluster) -> str:
    """Return what JupyterLab of this run asks for: nobody has it but Mobula and the head."""
    agent = agent_token(cluster)
    return salted_hmac(
        "mobula.jupyter", _name(cluster), secret=agent, algorithm="sha256"
    ).hexdigest()


def secrets_of(cluster: Cluster) -> tuple[str, ...]:
    """Return what no log of the cluster may show."""
    return (*_tokens(cluster), jupyter_token(cluster))


def reseal() -> int:
    """Seal the tokens of runs that have not ended with the current key.

    Returns of how many no key opens the tokens.
    """
    current = key_id(settings.SECRET_KEY)
    clusters = Cluster.objects.filter(run__isnull=False, run__ended_at=None)
    lost = 0
    for cluster in clusters.exclude(run__sealed_tokens__startswith=current).select_related("run"):
        tokens = _stored(cluster)
        if tokens is None:
            lost += 1
            continue
        Run.objects.filter(pk=cluster.run.pk).update(sealed_tokens=_sealed(cluster, tokens))
    return lost


def _tokens(cluster: Cluster) -> tuple[str, str]:
    """Return the tokens of the agent and of Ray; without their key, some that open nothing."""
    return _stored(cluster) or _derived(cluster, settings.SECRET_KEY)


def _stored(cluster: Cluster) -> tuple[str, str] | None:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if sealed := cluster.run.sealed_tokens:
        content = unseal(sealed, owner=_name(cluster), keys=keys)
        return None if content is None else (content[:_BYTES].hex(), content[_BYTES:].hex())
    # Of a run that began before tokens were stored: the hash tells the key.
    derived = (_derived(cluster, key) for key in keys)
    return next((t for t in derived if hashed(t[0]) == cluster.run.agent_token_hash), None)


def _sealed(cluster: Cluster, tokens: tuple[str, str]) -> str:
    content = bytes.fromhex("".join(tokens))
    return seal(content, owner=_name(cluster), key=settings.SECRET_KEY)


def _derived(cluster: Cluster, key: str) -> tuple[str, str]:
    agent, ray = (
        salted_hmac(purpose, _name(cluster), secret=key, algorithm="sha256").hexdigest()
        for purpose in ("mobula.agent", "mobula.ray")
    )
    return agent, ray


def _name(cluster: Cluster) -> str:
    return f"{cluster.pk}:{cluster.run.number}"
