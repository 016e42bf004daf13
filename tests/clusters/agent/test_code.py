"""An agent gets the code of a job that it is to submit, and no other."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.timezone import now

from accounts.models import Team, User
from clusters.models import Command
from clusters.submission import submit_command
from domain.promotions.archives import File
from promotions.code import packages
from promotions.models import CodePackage
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
FILES = [File(path="run.py", content=b"print()")]


@dataclass
class Code:
    """A job of the cluster that runs in a package, and what is asked of it."""

    head: Head
    package: CodePackage = field(init=False)

    def __post_init__(self) -> None:
        self.package = packages.store(self.head.cluster.team, FILES)

    def submit(self, by: User) -> None:
        for _ in range(2):
            self.head.pass_by()
            self.head.report()
        submit_command(
            self.head.cluster, "python run.py", package=self.package, workload="command", by=by
        )

    def get(self, *, token: str = "", digest: str = "", offset: str = "0") -> HttpResponse:
        headers = {"Authorization": f"Bearer {token or self.head.token}"}
        path = f"/agent/v1/packages/{digest or self.package.digest}?offset={offset}"
        return Client().get(path, headers=headers)  # type: ignore[return-value]


@pytest.fixture
def code(head: Head, alice: User) -> Code:
    found = Code(head)
    found.submit(alice)
    return found


def test_the_command_names_the_package_and_the_agent_gets_it(code: Code) -> None:
    command = Command.objects.get(kind="submit_job")
    assert command.body["package"] == {"digest": code.package.digest, "size": code.package.size}
    assert code.head.report()["commands"][-1]["package"] == command.body["package"]
    whole = bytes(code.package.content.zipped)
    assert code.get().content == whole
    assert code.get(offset="7").content == whole[7:]
    assert code.get(offset=str(len(whole))).content == b""


def test_nobody_gets_what_no_open_command_of_the_cluster_names(code: Code, research: Team) -> None:
    other = packages.store(research, [File(path="other.py", content=b"")])
    assert code.get(digest=other.digest).status_code == 404
    assert code.get(token="0" * 64).status_code == 401
    assert Client().get(f"/agent/v1/packages/{code.package.digest}").status_code == 401
    for offset in ("-1", "x", "1" * 11, "\u0663", ""):
        assert code.get(offset=offset).status_code == 400
    Command.objects.update(finished_at=now())
    assert code.get().status_code == 404


def test_a_package_of_another_team_is_not_handed_out(code: Code) -> None:
    CodePackage.objects.update(team=Team.objects.create(name="Others"))
    assert code.get().status_code == 404


def test_a_cluster_that_ends_gets_nothing_more(code: Code) -> None:
    cluster = code.head.cluster
    type(cluster).objects.update(target="terminated")
    assert code.get().status_code == 410
