"""As whom Mobula signs in to Amazon ECR: with a password that AWS lends for twelve hours."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.offerings import ProviderKind
from providers.aws.account import read_account
from providers.aws.calls import Calls
from providers.aws.client import Clients
from providers.base import Account, BadCredentials

# A token is asked for again so long before it ends: a build signs in when it begins, and pushes
# hours later.
MARGIN = timedelta(hours=6)


class EcrLogin:
    """Amazon ECR's own tokens of 12 hours, asked for again before they end."""

    def __init__(
        self,
        *,
        region: str,
        credentials: Mapping[str, str],
        endpoint: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        settings = {"endpoint": endpoint} if endpoint else {}
        account = read_account(
            Account(
                kind=ProviderKind.AWS,
                id="ecr",
                home=Path(),
                region=region,
                settings=settings,
                credentials=credentials,
            )
        )
        clients = Clients(account, read_seconds=5.0)
        self._call = Calls("Amazon ECR", lambda: clients.client("ecr"), patience=3.0)
        self._clock = clock
        self._known, self._until = "", datetime.min.replace(tzinfo=UTC)

    def password(self) -> str:
        if self._clock() >= self._until:
            answer = self._call("get_authorization_token")
            self._known, self._until = _token(answer)
        return self._known


def _token(answer: Mapping[str, Any]) -> tuple[str, datetime]:
    try:
        found = answer["authorizationData"][0]
        text = base64.b64decode(found["authorizationToken"], validate=True).decode()
        expires: datetime = found["expiresAt"]
    except (LookupError, ValueError, binascii.Error) as error:
        raise BadCredentials(
            "Amazon ECR gave no token. Check that the role may call ecr:GetAuthorizationToken."
        ) from error
    return text, expires - MARGIN
