"""What the template editor saves: a version, two edits at once, a new template."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from configurations.models import Template, Version
from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import Editor, Page, open_editor
from tests.configurations.views.test_templates import signed_in

pytestmark = pytest.mark.django_db


def test_warning_does_not_stop_the_save(editor: Editor) -> None:
    editor.check(max_cpu="3", **{"g0-size": "large"})
    response = editor.post(message="Capped.")
    assert response.status_code == 422
    editor.check(max_cpu="9")
    assert "capped to 1 by max_resources.CPU" in editor.page.text
    assert editor.post(message="Capped.").status_code == 302


def test_errors_stop_the_save_and_nothing_typed_is_lost(editor: Editor) -> None:
    response = editor.post(message="Too few.", **{"g0-min_nodes": "9"})
    assert response.status_code == 422
    page = Page(response.text)
    assert (page.fields["g0-min_nodes"], page.fields["message"]) == ("9", "Too few.")
    assert Version.objects.count() == 1


def test_save_takes_a_message(editor: Editor) -> None:
    response = editor.post(message=" ", **{"g0-max_nodes": "5"})
    assert response.status_code == 422
    assert "Describe the change in a few words." in response.text


def test_save_without_scripts_takes_the_form(editor: Editor) -> None:
    assert editor.post(message="Five.", **{"g0-max_nodes": "5"}).status_code == 302
    latest = Version.objects.latest("number")
    assert (latest.number, latest.message, "max_nodes: 5" in latest.text) == (2, "Five.", True)


def test_what_was_saved_leads_on_to_its_promotion(editor: Editor) -> None:
    saved = editor.post(message="Five.", **{"g0-max_nodes": "5"})
    page = editor.client.get(saved.url).text
    notice = page[page.index('id="notices"') : page.index('id="status-pattern"')]
    assert "train:2 is saved." in notice
    version = Version.objects.latest("number")
    address = reverse("promotions:request", args=[version.template_id, version.number])
    assert f'<a class="btn btn-sm" href="{address}">' in notice
    assert "Request promotion" in editor.client.get(address).text


def test_save_without_a_change_says_so_and_makes_no_version(editor: Editor) -> None:
    response = editor.post(message="Again.")
    page = editor.client.get(response.url)
    assert "No changes from train:1" in page.text
    assert Version.objects.count() == 1


def test_lines_from_a_browser_are_no_change(editor: Editor) -> None:
    crlf = TEXT.replace("\n", "\r\n")
    editor.post(message="Again.", text=crlf, shown=crlf)
    assert Version.objects.count() == 1


def test_two_people_who_edit_at_once_get_a_merge_view(
    editor: Editor, version: Version, research: Any
) -> None:
    from tests.cast import make_member

    dora = make_member("dora", team=research, role="engineer")
    hers = open_editor(version, dora)
    hers.post(message="Hers.", idle_minutes="5", **{"g0-max_nodes": "6"})
    response = editor.post(message="Mine.", max_cpu="12", **{"g0-max_nodes": "5"})
    assert response.status_code == 409
    assert "saved train:2 while you were editing" in response.text
    assert "Group cpu: Maximum nodes" in response.text
    assert Version.objects.count() == 2

    fields = Page(response.text).fields | {"take-0": "theirs"}
    response = editor.client.post(editor.url, fields)
    editor.page = Page(response.text)
    config = editor.page.config
    assert (config.groups[0].max_nodes, config.mobula.idle_minutes) == (6, 5)
    assert config.max_resources == {"CPU": 12}
    assert (editor.page.fields["base"], editor.page.fields["message"]) == ("2", "Mine.")
    assert editor.post().status_code == 302
    assert Version.objects.latest("number").number == 3


def test_mine_holds_where_it_is_chosen(editor: Editor, version: Version, alice: Any) -> None:
    open_editor(version, alice).post(message="Other tab.", **{"g0-max_nodes": "6"})
    fields = Page(editor.post(message="Mine.", **{"g0-max_nodes": "5"}).text).fields
    response = editor.client.post(editor.url, fields | {"take-0": "mine"})
    assert Page(response.text).config.groups[0].max_nodes == 5


def test_save_based_on_no_version_is_refused(editor: Editor) -> None:
    for odd in ("", "0", "7", "x", "²", "9" * 30):
        assert editor.post(message="x", base=odd, max_cpu="9").status_code == 404
    assert Version.objects.count() == 1


def test_newcomer_saves_the_defaults_and_launches(alice: Any, image: Any, queued: Any) -> None:
    from clouds.bootstrap import bootstrap
    from clusters.models import Cluster
    from metering.bootstrap import bootstrap as price

    bootstrap()
    price()
    new_url = reverse("configurations:new-template")
    editor = Editor(signed_in(alice), new_url, reverse("configurations:check-template"))
    assert editor.page.text.count('class="tone-') == 0
    response = editor.post()
    assert response.status_code == 302
    version = Version.objects.get()
    assert str(version) == "starter:1"
    launched = editor.client.post(
        reverse("clusters:launch"), {"name": "first", "version": version.pk}
    )
    assert launched.status_code == 302
    assert Cluster.objects.get().version == version


def test_new_template_has_a_name_of_its_own(new_editor: Editor) -> None:
    new_editor.post(cloud="paper", **{"head-size": "small", "g0-size": "small"})
    response = new_editor.post(cloud="paper", **{"head-size": "small", "g0-size": "small"})
    assert response.status_code == 422
    assert "already has a template with this name" in response.text
    assert new_editor.client.get(new_editor.url).text.count("starter-2") >= 1
    assert Template.objects.count() == 1


@pytest.mark.parametrize(
    ("odd", "status"), [("", 422), ("Two Words", 422), ("-a", 422), ("a\0b", 400), ("x" * 64, 422)]
)
def test_odd_names_are_refused(new_editor: Editor, odd: str, status: int) -> None:
    assert new_editor.post(name=odd).status_code == status
    assert Template.objects.count() == 0
