"""Repositories of Amazon ECR: a push creates none by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from domain.offerings import ProviderKind
from providers.aws.account import read_account
from providers.aws.calls import Calls
from providers.aws.client import Clients
from providers.aws.codes import NOT_ALLOWED
from providers.aws.errors import code_of
from providers.base import Account, BadCredentials, ProviderError

_EXISTS = "RepositoryAlreadyExistsException"


def ensure_repository(
    name: str, *, region: str, credentials: Mapping[str, str], account: str = "", endpoint: str = ""
) -> bool:
    """Return whether the repository was created: else it was there.

    `account` is the number of the registry's, "" for that of the credentials. Raises
    `ProviderError` subclasses.
    """
    opened = read_account(
        Account(
            kind=ProviderKind.AWS,
            id="ecr",
            home=Path(),
            region=region,
            settings={"endpoint": endpoint} if endpoint else {},
            credentials=credentials,
        )
    )
    clients = Clients(opened, read_seconds=5.0)
    call = Calls("Amazon ECR", lambda: clients.client("ecr"), patience=8.0)
    whose = {"registryId": account} if account else {}
    try:
        call("create_repository", repositoryName=name, **whose)
    except ProviderError as error:
        if code_of(error) == _EXISTS:
            return False
        if code_of(error) in NOT_ALLOWED:
            raise BadCredentials(
                f"AWS does not allow ecr:CreateRepository on {name} to the registry's credentials. "
                "Add it to their IAM policy, or create the repository."
            ) from error
        raise
    return True
