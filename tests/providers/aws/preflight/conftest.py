"""Checks of an account of AWS on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.lifecycle import NodeRole
from domain.offerings import ProviderKind
from mobula.demo_cloud.aws import cloud as doubles
from mobula.demo_cloud.aws.world import World
from providers.aws.preflight import AwsPreflight, open_preflight
from providers.base import Account
from providers.preflight import CheckAnswer, Wanted, WantedGroup, run_checks
from tests.providers.aws.conftest import KEYS

HEAD = WantedGroup(name="head", role=NodeRole.HEAD, types=["m5.large"])
WORKERS = WantedGroup(
    name="workers", role=NodeRole.WORKER, types=["m5.large"], least=2, most=10
)  # fmt: skip
type Checks = Callable[..., dict[str, CheckAnswer]]


@pytest.fixture(autouse=True)
def plenty(world: World) -> Iterator[None]:
    """An account whose quotas are large enough."""
    world.vcpu_quotas |= {"L-1216C47A": 64.0, "L-34B43A08": 64.0}
    return


@pytest.fixture
def open_checks(cloud: doubles.Cloud, tmp_path: Path) -> Callable[..., AwsPreflight]:
    """Open the checks of the account, with settings and credentials."""

    def opened(credentials: dict[str, str] | None = None, **settings: Any) -> AwsPreflight:
        account = Account(
            kind=ProviderKind.AWS,
            id="1",
            home=tmp_path,
            region="us-east-1",
            settings={"endpoint": cloud.url, **settings},
            credentials=KEYS if credentials is None else credentials,
        )
        return open_preflight(account)

    return opened


@pytest.fixture
def check(open_checks: Callable[..., AwsPreflight]) -> Checks:
    """Make the checks of groups; return their answers by id."""

    def checked(
        *groups: WantedGroup,
        image: str = "",
        mobula_url: str = "",
        credentials: dict[str, str] | None = None,
        limit: float = 15,
        **settings: Any,
    ) -> dict[str, CheckAnswer]:
        wanted = Wanted(groups=groups or (HEAD,), image=image, mobula_url=mobula_url)
        planned = open_checks(credentials, **settings).checks(wanted)
        assert len({one.id for one in planned}) == len(planned)
        answers = {one.id: one for one in run_checks(planned, limit=limit)}
        assert answers.keys() == {one.id for one in planned}
        return answers

    return checked


def workers(**more: Any) -> WantedGroup:
    """The group of workers, changed."""
    return replace(WORKERS, **more)
