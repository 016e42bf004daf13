"""What the host of a registry says: which service it is, and in which region."""

from __future__ import annotations

import re

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)\.amazonaws\.com(?:\.cn)?"
)
_ARTIFACT_REGISTRY = re.compile(r"[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io")


def ecr_region(host: str) -> str:
    """Return the region of an Amazon ECR registry; "" of any other host."""
    found = _ECR.fullmatch(host)
    return found["region"] if found else ""


def ecr_account(host: str) -> str:
    """Return the AWS account number of an Amazon ECR registry; "" of any other host."""
    found = _ECR.fullmatch(host)
    return found["account"] if found else ""


def wrong_ecr_host(host: str) -> str:
    """Return what is wrong with a host of Amazon ECR, with the way out; "" where nothing is."""
    if ecr_region(host):
        return ""
    return (
        f"“{host}” is not a private registry of Amazon ECR. Use one such as "
        "123456789012.dkr.ecr.us-east-1.amazonaws.com."
    )


def wrong_artifact_registry_host(host: str) -> str:
    """Return what is wrong with a host of Artifact Registry, with the way out; "" if nothing."""
    if _ARTIFACT_REGISTRY.fullmatch(host):
        return ""
    return (
        f"“{host}” is not a host of Artifact Registry. Use one such as europe-west4-docker.pkg.dev."
    )
