"""Who can use which cloud, chosen in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Visit
from tests.cast import make_cloud, make_team

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
type Visitor = Callable[..., Visit]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_teams_of_the_local_cloud_are_chosen(
    visit: Visitor, adam: User, tmp_path: Path, width: int, theme: str
) -> None:
    research = make_team("research")
    local = make_cloud("local", provider="local", team=research)
    make_team("vision")
    visitor = visit(adam, width=width, theme=theme)
    page = visitor.open(f"/clouds/{local.pk}/teams/")
    assert visitor.barriers() == []
    page.screenshot(path=tmp_path / "teams.png")
    assert page.get_by_label("Research").is_checked()
    page.get_by_label("Vision").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved the teams of cloud local.").wait_for()
    assert {team.name for team in local.teams.all()} == {"Research", "Vision"}
    assert visitor.barriers() == []
    page.screenshot(path=tmp_path / "clouds.png")
    assert visitor.complaints() == []
