"""The pages of templates: the list, one template, its versions, and what changed between two."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from configurations.models import Template, Version
from configurations.services.templates import save_version
from tests.clusters.conftest import TEXT

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def second(version: Version, alice: Any) -> Version:
    """Version 2 of alice's template: eight workers instead of four."""
    text = TEXT.replace("max_nodes: 4", "max_nodes: 8")
    return save_version(version.template, text=text, base=1, message="More.", by=alice).version


def test_list_shows_each_template_with_its_latest_version(bob: Any, second: Version) -> None:
    text = signed_in(bob).get(reverse("configurations:templates")).text
    assert "train:2" in text
    assert "More." in text


def test_new_team_is_led_to_its_first_template(alice: Any) -> None:
    response = signed_in(alice).get(reverse("configurations:templates"))
    assert "No templates yet" in response.text
    assert reverse("configurations:new-template") in response.text


def test_list_is_a_spreadsheet_too(bob: Any, second: Version) -> None:
    response = signed_in(bob).get(reverse("configurations:templates"), {"format": "csv"})
    assert response.text.splitlines()[1].startswith("train,2,More.")


def test_template_shows_its_versions_newest_first(bob: Any, second: Version) -> None:
    text = signed_in(bob).get(reverse("configurations:template", args=[second.template_id])).text
    assert text.index("train:2</a>") < text.index("train:1</a>")
    assert second.digest[:12] in text


def test_launch_leads_to_that_very_version(alice: Any, second: Version) -> None:
    text = signed_in(alice).get(reverse("configurations:template", args=[second.template_id])).text
    assert f"{reverse('clusters:launch')}?version={second.pk}" in text


def test_version_shows_its_text(bob: Any, second: Version) -> None:
    url = reverse("configurations:version", args=[second.template_id, 1])
    assert "max_nodes: 4" in signed_in(bob).get(url).text


def test_unknown_version_is_not_found(bob: Any, second: Version) -> None:
    url = reverse("configurations:version", args=[second.template_id, 99])
    assert signed_in(bob).get(url).status_code == 404


def test_two_versions_are_compared_in_words_and_line_by_line(bob: Any, second: Version) -> None:
    url = reverse("configurations:version", args=[second.template_id, 2])
    text = signed_in(bob).get(url, {"with": "1"}).text
    assert re.search(r'<td data-label="train:1">4</td><td data-label="train:2">8</td>', text)
    assert '<td class="side-old"><code>    max_nodes: 4</code>' in text
    assert '<td class="side-new"><code>    max_nodes: 8</code>' in text


def test_comparing_with_nothing_there_shows_the_version_alone(bob: Any, second: Version) -> None:
    url = reverse("configurations:version", args=[second.template_id, 2])
    for odd in ("", "2", "99", "x", "²"):
        assert signed_in(bob).get(url, {"with": odd}).status_code == 200


def test_archived_template_leaves_the_list_and_can_still_be_read(
    alice: Any, second: Version
) -> None:
    client = signed_in(alice)
    client.post(reverse("configurations:archive-template", args=[second.template_id]))
    assert "train:2" not in client.get(reverse("configurations:templates")).text
    assert "train:2" in client.get(reverse("configurations:templates"), {"show": "archived"}).text
    assert (
        client.get(reverse("configurations:template", args=[second.template_id])).status_code == 200
    )


def test_list_asks_the_same_number_of_questions_for_ten_templates_as_for_one(
    alice: Any, second: Version, django_assert_max_num_queries: Any
) -> None:
    from configurations.services.templates import create_template

    for number in range(10):
        create_template(
            team=second.template.team, name=f"t{number}", text=TEXT, message="First.", by=alice
        )
    client = signed_in(alice)
    with django_assert_max_num_queries(14):
        assert "t9:1" in client.get(reverse("configurations:templates")).text


def test_template_page_asks_the_same_for_ten_versions_as_for_one(
    alice: Any, second: Version, django_assert_max_num_queries: Any
) -> None:
    for base in range(2, 12):
        text = TEXT.replace("max_nodes: 4", f"max_nodes: {20 + base}")
        save_version(second.template, text=text, base=base, message="More.", by=alice)
    client = signed_in(alice)
    # Four are of the environments, one of the image, and one counts what waits for the reader.
    with django_assert_max_num_queries(15):
        client.get(reverse("configurations:template", args=[second.template_id]))


def test_ticked_templates_are_archived_each_with_its_own_outcome(
    second: Version, alice: Any, research: Any
) -> None:
    gone = Template.objects.create(team=research, name="gone", created_by=alice, archived_at=now())
    client = signed_in(alice)
    assert 'name="pk"' in client.get(reverse("configurations:templates")).text
    url = reverse("configurations:archive-templates")
    chosen = {"pk": [second.template_id, gone.pk, "x", "9" * 30]}
    page = client.get(url, chosen).text
    assert "Archive 1 template?" in page
    assert "Skipped. It is already archived." in page
    answer = client.post(url, chosen, follow=True)
    assert "Archived train." in answer.text
    assert "Not archived: gone. It is already archived." in answer.text
    assert Template.objects.filter(archived_at=None).count() == 0
    assert "No template was selected." in client.post(url, follow=True).text


def test_viewers_tick_no_templates(second: Version, bob: Any) -> None:
    client = signed_in(bob)
    assert 'name="pk"' not in client.get(reverse("configurations:templates")).text
    url = reverse("configurations:archive-templates")
    assert "None of the selected templates" in client.get(url, {"pk": second.template_id}).text
    assert client.post(url, {"pk": second.template_id}).status_code == 403


def test_versions_sort_have_a_csv_and_answer_any_address(second: Version, alice: Any) -> None:
    client = signed_in(alice)
    url = reverse("configurations:template", args=[second.template_id])
    for sort, first in (("version", 1), ("-clusters", 2), ("x", 2), ("by", 1), ("-saved", 2)):
        answer = client.get(url, {"sort": sort, "after": "x:y"})
        assert answer.context["table"].rows[0].number == first, sort
    lines = client.get(url, {"format": "csv", "sort": "version"}).text.splitlines()
    assert [line.split(",")[0].strip("\ufeff") for line in lines] == ["version", "1", "2"]
