"""What pages show to whom, beyond their status: lists, tabs, tokens, and addresses to go to."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Team
from clusters.nodes.tokens import ray_token
from configurations.models import Draft, Template
from tests.access.world import FOREIGN, OWN, World

pytestmark = pytest.mark.django_db

TABS = ("overview", "nodes", "scaling", "jobs", "events", "configuration")
LISTS = ("/clusters/", "/templates/", "/clouds/", "/", "/insights/idle/", "/insights/cost/")


@pytest.mark.parametrize("tab", TABS)
def test_tabs_show_one_team_alone(world: World, tab: str) -> None:
    own = world.things[OWN]["cluster"]
    for part in ("", "live"):
        answer = world.browser("engineer").get(f"/clusters/{own}/", {"tab": tab, "part": part})
        assert answer.status_code == 200
        assert FOREIGN not in answer.text


@pytest.mark.parametrize("table", ["nodes", "events", "decisions", "jobs", "demand", "groups"])
def test_tables_of_a_stranger_are_not_downloaded(world: World, table: str) -> None:
    own = world.things[OWN]["cluster"]
    path = f"/clusters/{own}/{table}.csv"
    assert world.browser("stranger").get(path).status_code == 404
    assert world.browser("viewer").get(path).status_code == 200


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query", [{}, {"format": "csv"}, {"q": OWN, "state": "all"}])
def test_lists_are_of_the_own_teams(world: World, path: str, query: dict[str, str]) -> None:
    shown = world.browser("viewer").get(path, query)
    assert FOREIGN not in shown.text.lower()
    hidden = world.browser("stranger", team="").get(path, {**query, "q": ""})
    assert OWN not in hidden.text.lower()


@pytest.mark.parametrize("role", ["stranger", "no team", "two teams"])
def test_headers_of_htmx_open_nothing(world: World, role: str) -> None:
    own = world.things[OWN]
    headers = {"HX-Request": "true", "HX-Current-URL": f"/clusters/{own['cluster']}/"}
    for path in ("/clusters/", "/clouds/", "/machines/", "/images/"):
        answer = world.browser(role).get(path, headers=headers)
        assert answer.status_code in {200, 403}
        if role != "two teams":
            assert OWN not in answer.text.lower()


def test_a_new_template_is_made_in_the_chosen_team(world: World) -> None:
    text = world.things[FOREIGN]["text"]
    body = {"name": "new", "message": "First.", "text": text}
    assert world.browser("stranger").post("/templates/new/", body).status_code == 302
    assert Template.objects.get(name="new").team_id == int(world.things[FOREIGN]["team"])


def test_the_draft_decides_in_which_team_its_template_is_made(world: World) -> None:
    """Who switches teams in another tab saves a template where its draft was begun."""
    own, browser = world.things[OWN], world.browser("two teams", team=OWN)
    typed = {"text": own["text"] + "# mine\n", "name": "new", "message": "First."}
    assert browser.post("/templates/check/", typed).status_code == 200
    draft = Draft.objects.get(author__email="both@example.org")
    switched = world.browser("two teams", team=FOREIGN)
    answer = switched.post("/templates/new/", {**typed, "draft": str(draft.pk)})
    assert answer.status_code == 302
    assert Template.objects.get(name="new").team == Team.objects.get(pk=own["team"])


def test_drafts_of_a_team_that_was_left_are_gone(world: World) -> None:
    own, browser = world.things[OWN], world.browser("two teams", team=OWN)
    browser.post("/templates/check/", {"text": own["text"] + "# mine\n", "name": "new"})
    draft = Draft.objects.get(author__email="both@example.org")
    assert browser.get(f"/templates/drafts/{draft.pk}/").status_code == 200
    draft.author.memberships.filter(team=draft.team).delete()
    assert browser.get(f"/templates/drafts/{draft.pk}/").status_code == 404


def test_a_draft_is_not_written_from_another_template(world: World) -> None:
    own, browser = world.things[OWN], world.browser("engineer")
    page = f"/templates/{own['template']}/check/"
    answer = browser.post(page, {"text": own["text"] + "# other\n", "draft": own["draft"]})
    assert answer.status_code == 200
    assert Draft.objects.get(pk=own["draft"]).text == own["text"]


def test_a_viewer_is_not_shown_the_token(world: World) -> None:
    cluster, token = world.clusters[OWN], ray_token(world.clusters[OWN])
    path = f"/clusters/{cluster.pk}/"
    assert token in world.browser("engineer").get(path).text
    assert token not in world.browser("viewer").get(path).text


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example/", "clusters:list", "javascript:alert(1)", "/\\evil"],
)
def test_next_leads_to_no_other_site_and_to_no_name_of_a_view(world: World, address: str) -> None:
    body = {"team": world.things[OWN]["team"], "next": address}
    answer = world.browser("viewer").post("/accounts/switch-team/", body)
    assert answer.headers["Location"] == "/"
    form = Client().get("/accounts/sign-in/", {"next": address})
    assert f'value="{address}"' not in form.text
