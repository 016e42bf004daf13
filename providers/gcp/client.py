"""Clients of Google Cloud's services.

Credentials are Google's application default ones: environment, gcloud, or the machine's account.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from providers.base import BadCredentials

TIMEOUT_SECONDS, RETRIES = 30, 2
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of Google's services."""

    name: str
    version: str
    path: str  # below its address
    needs_project: bool = False


COMPUTE = Service(name="compute", version="v1", path="/compute/v1/", needs_project=True)
BILLING = Service(name="cloudbilling", version="v1", path="/")


@contextmanager
def open_service(
    service: Service, *, url: str = "", project: str = ""
) -> Iterator[tuple[Any, str]]:
    """Yield a client and the project that asks: the given one, else that of the credentials."""
    # Slow to import: only workers that refresh the catalogue pay for it.
    import google.auth
    import httplib2
    from google_auth_httplib2 import AuthorizedHttp
    from googleapiclient.discovery import build

    credentials, own = google.auth.default(scopes=_SCOPES)
    client = build(
        service.name,
        service.version,
        http=AuthorizedHttp(credentials, http=httplib2.Http(timeout=TIMEOUT_SECONDS)),
        client_options={"api_endpoint": url.rstrip("/") + service.path} if url else None,
        cache_discovery=False,
        static_discovery=True,
    )
    try:
        yield client, project or own or _no_project(service)
    finally:
        client.close()


def _no_project(service: Service) -> str:
    if not service.needs_project:
        return ""
    raise BadCredentials(
        "Compute Engine was not queried: the credentials of Mobula's worker name no project. "
        "Set MOBULA_GCP_PROJECT."
    )
