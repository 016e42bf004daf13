"""Axe finds nothing from moderate up on any page, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_scaling import cluster, driver, image, launch, queued, version

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from accounts.models import Team, User
    from clusters.models import Cluster
    from tests.browser.conftest import Visit

__all__ = ["cluster", "driver", "image", "launch", "queued", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What differs between the themes and between the widths; all the rest is the same in each.
COLORS = ("color-contrast", "link-in-text-block")
SPACE = ("scrollable-region-focusable", "target-size", "region", *COLORS)
WIDTHS = {1440: (), 390: SPACE}


@pytest.fixture
def pages(cluster: Cluster, research: Team, alice: User) -> list[str]:
    """The address of every page, with something on each."""
    from configurations.services.templates import save_version

    type(alice).objects.filter(pk=alice.pk).update(is_superuser=True)
    template = cluster.version.template
    text = cluster.version.text.replace("max_nodes: 4", "max_nodes: 5") + "# More.\n"
    save_version(template, text=text, base=1, message="More.", by=alice)
    own, first, cloud = f"/clusters/{cluster.pk}/", f"/templates/{template.pk}/", cluster.cloud_id
    tabs = ("overview", "nodes", "scaling", "jobs", "events", "configuration")
    return [
        *("/", "/clusters/", "/clusters/?state=all", "/clusters/launch/"),
        *(f"{own}?tab={tab}" for tab in tabs),
        *("/templates/", "/templates/new/", "/templates/import/", "/templates/library/"),
        *(first, f"{first}edit/", f"{first}versions/2/", f"{first}versions/2/?with=1"),
        *(f"{first}versions/1/export/", f"{first}versions/1/clone/", "/machines/"),
        *("/insights/utilization/", "/insights/idle/", "/insights/cost/", "/insights/rates/"),
        *("/clouds/", "/clouds/new/", f"/clouds/{cloud}/", f"/clouds/{cloud}/teams/"),
        *("/images/", "/accounts/", "/accounts/team/", "/accounts/users/", "/accounts/audit/"),
        *(f"/accounts/users/{alice.pk}/", "/nowhere/"),
    ]


def test_axe_finds_nothing_on_any_page_in_either_theme_at_any_width(
    visit: Callable[..., Visit], alice: User, pages: list[str]
) -> None:
    alices = visit(alice)
    wrong = {path: barriers for path in pages if (barriers := barriers_of(alices, path))}
    wrong |= {"signed out": barriers_of(visit(None), "/accounts/sign-in/")}
    assert not any(wrong.values()), "\n".join(f"{p}: {b}" for p, bs in wrong.items() for b in bs)


def barriers_of(visit: Visit, path: str) -> list[str]:
    visit.page.set_viewport_size({"width": 1440, "height": 900})
    visit.page.goto(visit.address + path)
    visit.page.wait_for_load_state("load")
    found = []
    for width, rules in WIDTHS.items():
        visit.page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width} {barrier}" for barrier in visit.barriers(*rules)]
        switch(visit.page, "dark")
        found += [f"{width} dark {barrier}" for barrier in visit.barriers(*COLORS)]
        switch(visit.page, "light")
    return found


def switch(page: Page, theme: str) -> None:
    page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
