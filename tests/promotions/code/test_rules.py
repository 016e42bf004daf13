"""Admins say where the code of a test workload comes from, or upload it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import now

from accounts.models import AuditEntry, User
from promotions.code import packages
from promotions.code.packages import drop_unused, piece_of
from promotions.models import ChangeRequest, CodePackage, Environment, TestRun
from promotions.services.environments import change_rules
from tests.promotions.steps import carry_on
from tests.promotions.views.conftest import as_user
from tests.promotions.views.test_environments import RULES

__all__ = ["as_user"]

pytestmark = pytest.mark.django_db
type Browsers = Callable[[User], Client]
COMMAND = {**RULES, "workload": "command", "workload_command": "python run.py"}
GIT = {**COMMAND, "workload_code": "git", "workload_git_url": "https://github.com/acme/checks.git"}


def zip_file(text: str = "print()", *, name: str = "run.py") -> SimpleUploadedFile:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(name, text)
    return SimpleUploadedFile("checks.zip", whole.getvalue())


@pytest.fixture
def test(environments: dict[str, Environment]) -> Environment:
    return environments["test"]


def test_an_uploaded_zip_is_kept_and_shown_with_its_digest(
    as_user: Browsers, lead: User, test: Environment
) -> None:
    browser = as_user(lead)
    answer = browser.post(
        "/environments/test/", {**COMMAND, "workload_code": "zip", "workload_zip": zip_file()}
    )
    assert answer.status_code == 302, answer.text
    test.refresh_from_db()
    package = test.workload_package
    assert package is not None
    page = browser.get("/environments/test/").text
    assert f"checks.zip (1 files, SHA-256 {package.digest}) is saved" in page
    assert 'type="file" name="workload_zip"' in page
    assert 'enctype="multipart/form-data"' in page
    entry = AuditEntry.objects.filter(action="environment.rules_changed").latest("pk")
    assert entry.after["workload_package"] == package.digest
    # Saved again without a file, the one that is there stays; with another source, it goes.
    browser.post("/environments/test/", {**COMMAND, "workload_code": "zip"})
    test.refresh_from_db()
    assert test.workload_package == package
    assert browser.post("/environments/test/", GIT).status_code == 302
    test.refresh_from_db()
    assert (test.workload_package, test.workload_zip_name) == (None, "")
    assert test.workload_git_url == GIT["workload_git_url"]
    assert browser.post("/environments/test/", RULES).status_code == 302
    test.refresh_from_db()
    assert (test.workload_code, test.workload_git_url) == ("", "")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"workload_code": "zip"}, "Choose a zip file."),
        ({"workload_code": "svn"}, "Select a valid choice. svn is not one"),
        ({"workload_code": "git"}, "Enter the URL of the repository"),
        ({"workload": "actors", "workload_code": "git"}, "Only a command runs in code"),
        ({"workload_code": "", "workload_git_url": "https://a.org/b"}, "Choose Git repository"),
        ({"workload_git_url": "https://me:pw@github.com/a/b"}, "contains a password or a token"),
        ({"workload_git_ref": "--upload-pack=id"}, "is no branch, tag or commit"),
        ({"workload_git_folder": "../up"}, "contains &#x27;.&#x27;"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    as_user: Browsers, lead: User, test: Environment, values: dict[str, str], words: str
) -> None:
    given = {**(COMMAND if "workload_code" in values else GIT), **values}
    answer = as_user(lead).post("/environments/test/", given)
    assert answer.status_code == 422
    assert words in answer.text
    test.refresh_from_db()
    assert test.workload_code == ""


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (SimpleUploadedFile("x.zip", b"no zip"), "no zip file"),
        (zip_file(name="../outside.py"), "contains &#x27;.&#x27;"),
        (zip_file(name="/etc/passwd"), "is absolute"),
    ],
)
def test_a_malicious_zip_is_refused_through_the_form(
    as_user: Browsers, lead: User, test: Environment, upload: SimpleUploadedFile, words: str
) -> None:
    given = {**COMMAND, "workload_code": "zip", "workload_zip": upload}
    answer = as_user(lead).post("/environments/test/", given)
    assert answer.status_code == 422
    assert words in answer.text
    assert not CodePackage.objects.exists()
    mixed = as_user(lead).post("/environments/test/", {**GIT, "workload_zip": zip_file()})
    assert "Choose Zip file there" in mixed.text


def test_another_zip_makes_open_requests_be_checked_again(
    test: Environment, lead: User, ask: Callable[..., ChangeRequest]
) -> None:
    given = {"workload": "command", "workload_command": "python run.py", "workload_code": "zip"}
    upload = packages.Upload(name="a.zip", content=zip_file().read())
    change_rules(test, values={**given, "workload_zip": upload, "approvals": 1}, by=lead)
    request = carry_on(ask("test"))
    run = TestRun.objects.get()
    assert run.package is not None
    assert run.code["name"] == "a.zip"
    assert run.code["digest"] == run.package.digest
    TestRun.objects.update(state="passed", ended_at=now())
    request = carry_on(request)
    assert request.state == "awaiting approval"
    assert request.parts["code"]
    upload = packages.Upload(name="b.zip", content=zip_file("print(2)").read())
    change_rules(Environment.objects.get(pk=test.pk), values={"workload_zip": upload}, by=lead)
    request = carry_on(request)
    assert request.state == "checking"
    assert "the rules of the environment" in request.steps.filter(to_state="checking").last().reason
    first, second = TestRun.objects.order_by("pk")
    assert first.code["digest"] != second.code["digest"]


def test_packages_are_read_in_pieces_and_dropped_when_nothing_needs_them(
    test: Environment, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = packages.Upload(name="a.zip", content=zip_file().read())
    package = packages.store_upload(test.team, upload)
    assert packages.store_upload(test.team, upload) == package
    monkeypatch.setattr(packages, "PIECE", 50)
    pieces = [piece_of(package.pk, offset=start) for start in range(0, package.size + 50, 50)]
    assert b"".join(pieces) == bytes(package.content.zipped)
    assert pieces[-1] == b""
    assert drop_unused() == 0
    CodePackage.objects.update(used_at=now() - packages.KEPT - timedelta(hours=1))
    Environment.objects.filter(pk=test.pk).update(workload_package=package)
    assert drop_unused() == 0
    Environment.objects.update(workload_package=None)
    assert drop_unused() == 1
