"""Clients of AWS's services.

Without an account, credentials come from the SDK's own chain: environment, profile, or the role
of the machine.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, closing, nullcontext
from functools import cache
from threading import Lock
from typing import Any

from providers.aws.account import AwsAccount
from providers.aws.errors import named

CONNECT_SECONDS, READ_SECONDS = 5, 30
# Of an account's calls. RunInstances answers for a hundred machines within some seconds.
ACCOUNT_CONNECT_SECONDS, ACCOUNT_READ_SECONDS = 3, 20
SESSION_NAME = "mobula"


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


class Clients:
    """The clients of one account: each is made once, and none retries by itself (see calls.py).

    A role is assumed when it is first needed, and again before its credentials expire.
    """

    def __init__(self, account: AwsAccount, *, read_seconds: float | None = None) -> None:
        self._account = account
        self._read_seconds = ACCOUNT_READ_SECONDS if read_seconds is None else read_seconds
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = Lock()
        self._session: Any = None

    def client(self, service: str, *, region: str = "") -> Any:
        """Return the client of a service; it may be used by many threads.

        Raises `BadCredentials` for a profile that does not exist.
        """
        key = (service, region or self._account.region)
        with self._lock, named("AWS"):
            if key not in self._clients:
                self._session = self._session or self._open_session()
                self._clients[key] = self._open(self._session, *key)
            return self._clients[key]

    def borrowed(self, service: str, *, region: str, url: str = "") -> AbstractContextManager[Any]:
        """Return a client as `open_client` does, but of this account; without a URL, left open."""
        if not url:
            return nullcontext(self.client(service, region=region))
        with self._lock, named("AWS"):
            self._session = self._session or self._open_session()
            return closing(self._open(self._session, service, region, url=url))

    def _open(self, session: Any, service: str, region: str, *, url: str = "") -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=ACCOUNT_CONNECT_SECONDS,
            read_timeout=self._read_seconds,
            retries={"total_max_attempts": 1},
            max_pool_connections=20,
        )
        address = url or self._account.endpoint or None
        return session.client(service, region_name=region, endpoint_url=address, config=config)

    def _open_session(self) -> Any:
        own, given = _session(self._account.credentials.profile), self._account.credentials
        if given.access_key_id:
            own.set_credentials(
                given.access_key_id, given.secret_access_key, given.session_token or None
            )
        session = _boto3(own)
        return self._as_role(session) if given.role_arn else session

    def _as_role(self, session: Any) -> Any:
        """Return a session in the account's role, which `session` assumes."""
        from botocore.credentials import DeferredRefreshableCredentials

        sts = self._open(session, "sts", self._account.region)

        def assume() -> dict[str, Any]:
            given = self._account.credentials
            more = {"ExternalId": given.external_id} if given.external_id else {}
            answer = sts.assume_role(RoleArn=given.role_arn, RoleSessionName=SESSION_NAME, **more)[
                "Credentials"
            ]
            return {
                "access_key": answer["AccessKeyId"],
                "secret_key": answer["SecretAccessKey"],
                "token": answer["SessionToken"],
                "expiry_time": answer["Expiration"].isoformat(),
            }

        assumed = _session("")
        # botocore has no public way to give a session credentials that refresh themselves.
        assumed._credentials = DeferredRefreshableCredentials(assume, "sts-assume-role")  # noqa: SLF001
        return _boto3(assumed)


def _boto3(session: Any) -> Any:
    from boto3.session import Session

    return Session(botocore_session=session)


def _session(profile: str) -> Any:
    import botocore.session

    session = botocore.session.Session(profile=profile or None)
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Any:
    """Return the descriptions of the services, which are big: every session shares them."""
    from botocore.loaders import create_loader

    return create_loader()
