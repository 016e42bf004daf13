"""Clients of AWS's services.

Credentials come from the SDK's own chain: environment, profile, or the role of the machine.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from typing import Any

CONNECT_SECONDS, READ_SECONDS = 5, 30


def open_client(service: str, *, region: str, url: str = "") -> AbstractContextManager[Any]:
    """Return a client that is closed in the end; without a URL, of the service's own address."""
    # Slow to import: only workers that refresh the catalogue pay for it.
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "max_attempts": 3},
    )
    client = Session().client(service, region_name=region, endpoint_url=url or None, config=config)
    return closing(client)
