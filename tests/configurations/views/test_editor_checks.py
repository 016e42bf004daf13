"""The editor has the cloud of what is written checked when somebody asks, and only then."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from clouds.models import CloudCheck
from configurations.models import Version
from tests.clusters.preflight.account import answered, cloud, on_aws, world
from tests.configurations.editor_page import Editor, open_editor

__all__ = ["answered", "cloud", "on_aws", "world"]

pytestmark = pytest.mark.django_db


def ask(editor: Editor, url: str, **changes: Any) -> str:
    answer = editor.client.post(url, {**editor.page.fields, **changes})
    assert answer.status_code == 200
    return answer.text


def test_the_button_has_the_text_as_it_stands_checked(
    on_aws: Version, alice: User, answered: Any
) -> None:
    editor = open_editor(on_aws, alice)
    url = reverse("configurations:check-with-cloud", args=[on_aws.template_id])
    assert "Check with AWS" in editor.page.text
    assert f'hx-post="{url}"' in editor.page.text
    text = on_aws.text.replace("max_nodes: 4", "max_nodes: 7")
    editor.check(text=text)
    assert not CloudCheck.objects.exists()  # to type calls nobody
    shown = ask(editor, url)
    check = CloudCheck.objects.get()
    assert f'hx-get="{reverse("clouds:check", args=[check.pk])}"' in shown
    assert check.wanted["groups"][1]["most"] == 7
    assert (check.subject, check.team) == ("draft of west", on_aws.template.team)
    assert not any(line.is_certain for line in answered(check).lines)
    assert on_aws.template.versions.count() == 1


def test_a_text_with_errors_is_corrected_first(on_aws: Version, alice: User) -> None:
    editor = open_editor(on_aws, alice)
    url = reverse("configurations:check-with-cloud", args=[on_aws.template_id])
    assert "Correct the errors" in ask(editor, url, text=f"{on_aws.text}zones: 7\n")
    assert not CloudCheck.objects.exists()


def test_a_new_template_can_be_checked_too(on_aws: Version, new_editor: Editor) -> None:
    url = reverse("configurations:check-with-cloud")
    new_editor.check(text=on_aws.text, shown=new_editor.page.fields["shown"])
    ask(new_editor, url, text=on_aws.text)
    assert CloudCheck.objects.get().subject.startswith("draft of starter")


def test_a_cloud_without_checks_has_no_button(editor: Editor) -> None:
    assert "Check with" not in editor.page.text
    url = reverse("configurations:check-with-cloud")
    assert "Mobula has no checks for clouds on" in ask(editor, url)
