"""Pictures of every page, light and dark, wide and narrow: `make screenshots` writes them.

Not collected with the tests: it judges nothing, a person looks at what it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from tests.browser import pages
from tests.browser.images.test_images import train
from tests.browser.test_barriers import filled
from tests.browser.test_scaling import cluster, driver, image, launch, queued, version
from tests.browser.workspaces.test_workspaces import lab
from tests.cast import make_cloud

if TYPE_CHECKING:
    from accounts.models import Team, User
    from clusters.models import Cluster, Workspace
    from images.models import Image
    from tests.browser.conftest import Visit

__all__ = ["cluster", "driver", "filled", "image", "lab", "launch", "queued", "train", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TARGET = Path("var/screenshots")
WINDOWS = [(width, theme) for width in (1440, 390) for theme in ("light", "dark")]
SAMPLE_DAYS = 40  # with last month's same days for the most part


def test_pages_of_a_team_that_edits(
    visit: Callable[..., Visit], alice: User, filled: Cluster
) -> None:
    addresses = dict(pages.cluster_pages(filled))
    addresses |= dict(pages.template_pages(filled.version.template))
    addresses |= dict(pages.cloud_pages(make_cloud("aws", provider="aws", region="us-east-1")))
    take(visit, alice, pages.LISTS | pages.ACCOUNTS | pages.OTHERS | addresses)
    take(visit, None, {"sign-in": "/accounts/sign-in/"})


def test_pages_of_images(visit: Callable[..., Visit], alice: User, train: Image) -> None:
    addresses = {"images": "/images/", "registries": "/images/registries/"}
    take(visit, alice, addresses | dict(pages.image_pages(train)))


def test_pages_of_workspaces(visit: Callable[..., Visit], alice: User, lab: Workspace) -> None:
    own = f"/workspaces/{lab.pk}/"
    addresses = {"workspaces": "/workspaces/", "workspace-new": "/workspaces/new/"}
    addresses |= {"workspace": own, "workspace-capture": f"{own}capture/"}
    take(visit, alice, {**addresses, "workspace-file": f"{own}file/?path=sub/train.py"})


def test_pages_of_the_sample_team(visit: Callable[..., Visit], alice: User, research: Team) -> None:
    from accounts.models import Team
    from clusters.models import Cluster

    call_command("demo_data", days=SAMPLE_DAYS, stdout=StringIO())
    sample = Team.objects.get(is_sample=True)
    running = Cluster.objects.filter(team=sample, state="running").order_by("pk")[0]
    addresses = pages.INSIGHTS | pages.LISTS | dict(pages.cluster_pages(running))
    addresses |= dict(pages.template_pages(running.version.template))
    take(visit, alice, {f"sample-{name}": path for name, path in addresses.items()}, team=sample)


def take(
    visit: Callable[..., Visit],
    user: User | None,
    addresses: dict[str, str],
    *,
    team: Team | None = None,
) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for width, theme in WINDOWS:
        window = visit(user, team=team, width=width, theme=theme)
        for name, path in addresses.items():
            page = window.open(path)
            assert window.status == 200 or path == pages.MISSING, path
            page.screenshot(path=TARGET / f"{name}-{width}-{theme}.png", full_page=True)
