"""What somebody types is kept, valid or not, until it is saved or discarded."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid, NotAllowed
from configurations.models import Draft, Template, Version
from configurations.services.drafts import TooManyDrafts, open_draft
from domain.limits import MAX_DRAFTS
from domain.yaml.tree import MAX_BYTES
from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import Editor, Page, open_editor

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(version: Version, alice: Any, driver: Any) -> Editor:
    """alice edits version 1 of `train`."""
    return open_editor(version, alice)


def opened(editor: Editor, draft: Draft) -> Page:
    return Page(editor.client.get(reverse("configurations:draft", args=[draft.pk])).text)


def test_looking_at_the_editor_keeps_nothing(editor: Editor) -> None:
    editor.check()
    assert not Draft.objects.exists()


def test_what_is_typed_is_kept_and_opens_again(editor: Editor, version: Version) -> None:
    editor.check(idle_minutes="7", message="Shorter.", rationale="It *idles*.")
    draft = Draft.objects.get()
    assert (draft.template, draft.base) == (version.template, 1)
    page = opened(editor, draft)
    assert page.fields["idle_minutes"] == "7"
    assert (page.fields["message"], page.fields["rationale"]) == ("Shorter.", "It *idles*.")


def test_text_that_cannot_be_read_is_kept_too(editor: Editor) -> None:
    editor.check(text="worker_nodes: [")
    assert opened(editor, Draft.objects.get()).fields["text"] == "worker_nodes: ["


def test_there_is_one_draft_of_a_template_and_it_goes_on(editor: Editor) -> None:
    editor.check(idle_minutes="7")
    editor.check(idle_minutes="8")
    assert "idle_minutes: 8" in Draft.objects.get().text


def test_saved_draft_is_gone(editor: Editor, version: Version) -> None:
    editor.check(idle_minutes="7")
    assert editor.post(message="Shorter.").status_code == 302
    assert not Draft.objects.exists()
    assert version.template.versions.latest("number").number == 2


def test_draft_opened_later_is_saved_on_its_own_base(editor: Editor, version: Version) -> None:
    editor.check(idle_minutes="7")
    editor.page = opened(editor, Draft.objects.get())
    assert editor.post(message="Shorter.").status_code == 302
    assert "idle_minutes: 7" in version.template.versions.latest("number").text


def test_new_template_is_a_draft_before_it_has_a_name(new_editor: Editor) -> None:
    new_editor.check(name="", idle_minutes="7")
    new_editor.check(idle_minutes="8")
    draft = Draft.objects.get()
    assert draft.template is None
    new_editor.page = opened(new_editor, draft)
    assert new_editor.page.fields["name"]
    posted = {"name": "mine", "message": "First.", "cloud": "paper", "head-size": "small"}
    assert new_editor.post(**posted, **{"g0-size": "small"}).status_code == 302
    assert Template.objects.get().name == "mine"
    assert not Draft.objects.exists()


def test_editor_says_that_there_is_a_draft(editor: Editor) -> None:
    editor.check(idle_minutes="7")
    assert "You have a draft of this template" in editor.client.get(editor.url).text


def test_list_shows_own_drafts_only(editor: Editor, bob: Any) -> None:
    editor.check(idle_minutes="7")
    address = reverse("configurations:templates")
    assert "Draft of train" in editor.client.get(address).text
    other = Client()
    other.force_login(bob)
    assert "Draft of train" not in other.get(address).text


def test_discarded_draft_is_gone_and_versions_stay(editor: Editor) -> None:
    editor.check(idle_minutes="7")
    address = reverse("configurations:discard-draft", args=[Draft.objects.get().pk])
    assert editor.client.get(address).status_code == 405
    assert editor.client.post(address).status_code == 302
    assert not Draft.objects.exists()
    assert Version.objects.get().text == TEXT


@pytest.mark.parametrize("name", ["draft", "discard-draft"])
def test_draft_of_somebody_else_is_not_found(
    editor: Editor, bob: Any, charlie: Any, adam: Any, name: str
) -> None:
    editor.check(idle_minutes="7")
    address = reverse(f"configurations:{name}", args=[Draft.objects.get().pk])
    for user in (bob, charlie, adam):
        client = Client()
        client.force_login(user)
        answer = client.get(address) if name == "draft" else client.post(address)
        assert answer.status_code == 404
    assert Draft.objects.count() == 1


def test_draft_of_somebody_else_is_not_overwritten(
    editor: Editor, version: Version, adam: Any
) -> None:
    editor.check(idle_minutes="7")
    draft = Draft.objects.get()
    other = open_editor(version, adam)
    other.check(draft=str(draft.pk), idle_minutes="9")
    draft.refresh_from_db()
    assert "idle_minutes: 7" in draft.text
    assert Draft.objects.count() == 2


def test_text_that_no_database_stores_is_refused_and_the_draft_stays(editor: Editor) -> None:
    editor.check(text=f"{TEXT}# more\n")
    fields = {**editor.page.fields, "text": f"{TEXT}# \x00 more\n"}
    answer = editor.client.post(editor.check_url, fields)
    assert (answer.status_code, "NUL character" in answer.text) == (400, True)
    assert Draft.objects.get().text == f"{TEXT}# more\n"


def test_draft_belongs_to_the_team_of_its_template(
    version: Version, charlie: Any, other: Any
) -> None:
    with pytest.raises(NotAllowed):
        open_draft(team=other, by=charlie, text=TEXT, template=version.template)
    assert not Draft.objects.exists()


@pytest.fixture
def many(alice: Any, research: Any) -> list[Draft]:
    """As many drafts of alice's as one user may have."""
    return Draft.objects.bulk_create(
        Draft(team=research, author=alice, text=f"# {number}") for number in range(MAX_DRAFTS)
    )


def test_one_draft_too_many_is_refused_and_none_is_lost(
    many: list[Draft], version: Version, alice: Any
) -> None:
    with pytest.raises(TooManyDrafts, match="50 drafts"):
        open_draft(team=version.template.team, by=alice, text=TEXT)
    assert Draft.objects.count() == len(many)


def test_the_editor_says_that_there_are_too_many_drafts_and_keeps_what_is_typed(
    editor: Editor, many: list[Draft]
) -> None:
    answer = editor.check(idle_minutes="7")
    assert "You have 50 drafts" in answer.text
    assert reverse("configurations:templates") in answer.text
    assert answer.fields["idle_minutes"] == "7"
    many[0].delete()
    assert "not saved as a draft" not in editor.check(idle_minutes="8").text
    assert Draft.objects.filter(template__isnull=False).count() == 1


def test_a_draft_that_is_there_goes_on_however_many_there_are(
    many: list[Draft], new_editor: Editor
) -> None:
    new_editor.page = opened(new_editor, many[0])
    new_editor.check(idle_minutes="7")
    many[0].refresh_from_db()
    assert "idle_minutes: 7" in many[0].text


@pytest.mark.parametrize("route", ["use-template", "restore-version"])
def test_pages_that_make_drafts_lead_to_the_list(
    route: str, many: list[Draft], version: Version, alice: Any
) -> None:
    client = Client()
    client.force_login(alice)
    own = {
        "use-template": ["local-quick-start"],
        "restore-version": [version.template_id, version.number],
    }
    answer = client.post(reverse(f"configurations:{route}", args=own[route]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("configurations:templates")
    assert "You have 50 drafts" in answer.text


def test_too_long_texts_are_refused_with_their_size_and_the_limit(
    version: Version, alice: Any, editor: Editor
) -> None:
    text = "#" * (MAX_BYTES + 1)
    with pytest.raises(Invalid, match=r"1,048,577 bytes; use at most 1,048,576\."):
        open_draft(team=version.template.team, by=alice, text=text)
    editor.check(idle_minutes="7")
    before = Draft.objects.get().text
    answer = editor.check(text=text)
    assert "1,048,577 bytes" in answer.text
    assert Draft.objects.get().text == before
    assert "Why has 20,001 characters" in editor.check(text=TEXT, rationale="x" * 20_001).text
