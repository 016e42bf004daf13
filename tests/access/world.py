"""Two teams with everything that a team can have, and the people who try to look at it.

Everything of a team has its word in its name: a page that shows the other word has leaked.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.client import ClientHandler

from accounts.models import Membership, Session, Team, User
from accounts.queries import TEAM_IN_SESSION
from clouds.models import CloudCheck
from clusters.logs.nodes import Part as LogPart
from clusters.logs.nodes import store
from clusters.models import Cluster, Group, Job, Workspace
from clusters.services.launching import launch_cluster
from configurations.models import Draft, Template, Version
from configurations.services.drafts import open_draft
from configurations.services.templates import create_template, save_version
from domain.promotions.overlay import Overlay
from images.bootstrap import register
from images.models import Image, ImageVersion
from promotions.models import ChangeRequest, Environment
from promotions.services.requests import request_change
from promotions.services.settings import save_settings
from providers.fake.driver import FakeDriver
from providers.fake.offerings import fake_offerings
from providers.local.offerings import local_offerings
from tests.access.image_things import image_things
from tests.access.routes import ADMIN, ENGINEER, SITE, VIEWER
from tests.cast import make_cloud, make_member, make_team, make_user
from tests.clusters.head import Head
from tests.images.building.things import build_things

OWN, FOREIGN = "quokka", "zebra"
TEXT = """\
cloud: {cloud}
head_node:
  instance_type: small
worker_nodes:
  - name: cpu
    instance_type: small
    max_nodes: 4
"""
# Who asks -> their rank in the team `quokka`, and in the team that they have chosen.
ROLES: dict[str, tuple[int | None, int | None]] = {
    "anonymous": (None, None),
    "no team": (None, None),
    "stranger": (None, ADMIN),  # an admin of the other team
    "two teams": (ENGINEER, ADMIN),  # and has chosen the other one
    "viewer": (VIEWER, VIEWER),
    "approver": (VIEWER, VIEWER),  # of prod: the only one
    "engineer": (ENGINEER, ENGINEER),
    "admin": (ADMIN, ADMIN),
    "site admin": (SITE, SITE),
}


@dataclass
class World:
    """The ids of both teams' things, and a signed-in browser for each of the people."""

    things: dict[str, dict[str, str]] = field(default_factory=dict)
    browsers: dict[str, Client] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    handlers: dict[bool, ClientHandler] = field(default_factory=dict)

    def browser(self, role: str, *, team: str = "", enforce_csrf_checks: bool = False) -> Client:
        """Return a browser of that person's, which has chosen `team`."""
        client = Client(raise_request_exception=False, enforce_csrf_checks=enforce_csrf_checks)
        # To load the middleware again for each request would take most of the time.
        client.handler = self.handlers.setdefault(enforce_csrf_checks, client.handler)
        client.cookies = deepcopy(self.browsers[role].cookies)
        if team:
            session = client.session
            session[TEAM_IN_SESSION] = int(self.things[team]["team"])
            session.save()
        return client

    def words(self, role: str) -> dict[str, str]:
        """Return the things of the team that somebody has chosen."""
        return self.things[FOREIGN if role in {"stranger", "two teams"} else OWN]

    def state_of(self, team: str) -> list[Any]:
        """Return what belongs to a team, to be compared with what it is later."""
        pk = self.things[team]["team"]
        rows = [
            Draft.objects.filter(team=pk),
            Template.objects.filter(team=pk),
            Version.objects.filter(template__team=pk),
            Cluster.objects.filter(team=pk),
            Group.objects.filter(cluster__team=pk),
            Job.objects.filter(cluster__team=pk),
            Membership.objects.filter(team=pk),
            ChangeRequest.objects.filter(team=pk),
            Environment.objects.filter(team=pk),
        ]
        return [list(row.order_by("pk").values()) for row in rows]


def make_world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Return both teams, each with a running cluster."""
    driver = FakeDriver()
    offered = [*fake_offerings(""), *local_offerings("")]
    monkeypatch.setattr(driver, "offerings", lambda _region: offered)
    monkeypatch.setattr("providers.registry.open_driver", lambda _account: driver)
    monkeypatch.setattr("clusters.services.waking._tell", lambda _cluster: None)
    register("ray", ray_version="2.60.0", location="/opt/ray/bin/ray")
    world = World()
    for word in (OWN, FOREIGN):
        _fill(world, make_team(word), word)
    make_cloud("local", provider="local")  # for both
    _people(world)
    for word in (OWN, FOREIGN):
        _approvers(world, word)
    return world


def _approvers(world: World, word: str) -> None:
    """Let a viewer approve in prod, and everybody who can edit templates bypass checks."""
    prod = Environment.objects.get(team=world.things[word]["team"], name="prod")
    Environment.objects.filter(pk=prod.pk).update(forbid_author=False, forbid_last_editor=False)
    group = prod.approver_groups.create(name=f"{word}-leads")
    root = User.objects.get(email="root@example.org")
    members = Membership.objects.filter(team=prod.team_id).exclude(role="viewer")
    people = [root, *User.objects.filter(pk__in=members.values("user"))]
    approver = User.objects.get(email=f"{word}-approver@example.org")
    place = group.approvers.create(user=approver, added_by=root)
    prod.bypass.set(people)
    window = prod.windows.create(name=f"{word}-hours", kind="allow", cron="0 9 * * *", minutes=60)
    for nodes in (40, 50):
        save_settings(prod, overlay=Overlay(max_nodes=nodes), reason=f"{word} caps.", by=root)
    world.things[word] |= {
        "group": str(group.pk),
        "place": str(place.pk),
        "window": str(window.pk),
    }


def _fill(world: World, team: Team, word: str) -> None:
    people = {
        role: make_member(f"{word}-{role}", team=team, role=role)
        for role in ("viewer", "engineer", "admin")
    }
    make_member(f"{word}-approver", team=team, role="viewer")
    guest = make_user(f"{word}-guest")
    member = Membership.objects.create(user=guest, team=team, role="viewer")
    author = people["engineer"]
    cloud = make_cloud(f"{word}-cloud", provider="fake", team=team)
    aws = make_cloud(f"{word}-west", provider="aws", region="us-east-1", team=team)
    image = _image(team, f"{word}-image")
    text = TEXT.format(cloud=cloud.name)
    first = create_template(
        team=team, name=f"{word}-train", text=text, message=f"{word} first.", by=author
    )
    second = save_version(
        first.template, text=f"{text}mobula:\n  idle_minutes: 9\n", base=1, message=word, by=author
    ).version
    cluster = launch_cluster(name=f"{word}-one", version=first, by=author)
    _run(cluster)
    job = Job.objects.create(
        cluster=cluster, run=cluster.run, submission_id=f"{word}-job", status="RUNNING"
    )
    node = cluster.nodes.filter(role="head").get()
    printed = f"{word} started\n"
    store(node, LogPart(file="start.log", offset=0, text=printed, size=len(printed)))
    draft = open_draft(team=team, by=author, text=text, name=f"{word}-draft")
    session = Session.objects.create(key_hash=word, user=author)
    change = request_change(second, environment="prod", title=f"{word} change", by=author)
    run = change.test_runs.create(
        round=0,
        version=second,
        environment="prod",
        workload="actors",
        max_minutes=5,
        max_usd=1,
        state="canceled",
        ended_at=change.created_at,
        settled_at=change.created_at,
    )
    orphan = aws.orphans.create(
        region=aws.region, kind="volume", resource_id=f"{word}-volume", seen_at=change.created_at,
        orphan_from=change.created_at,
    )  # fmt: skip
    check = CloudCheck.objects.create(
        cloud=aws, team=team, subject=f"{word} launch", wanted={}, digest=word,
        started_at=change.created_at, finished_at=change.created_at,
    )  # fmt: skip
    workspace = Workspace.objects.create(
        name=f"{word}-lab", team=team, owner=author, version=first,
        image_version=cluster.image_version,
    )  # fmt: skip
    world.clusters[word] = cluster
    world.things[word] = build_things(team, word, author=author) | {
        "team": str(team.pk),
        "cloud": str(cloud.pk),
        "cloud_name": cloud.name,
        "aws": str(aws.pk),
        "orphan": str(orphan.pk),
        "check": str(check.pk),
        "image": str(image),
        **image_things(image, team=team, author=author, word=word),
        "template": str(first.template_id),
        "version": str(first.pk),
        "version_2": str(second.pk),
        "cluster": str(cluster.pk),
        "job": str(job.pk),
        "workspace": str(workspace.pk),
        "node": node.name,
        "draft": str(draft.pk),
        "change": str(change.pk),
        "test_run": str(run.pk),
        "member": str(member.pk),
        "user": str(author.pk),
        "session": str(session.pk),
        "text": text,
        "text_of_image": f"{TEXT.format(cloud='local')}mobula:\n  image: {image}\n",
    }


def _image(team: Team, name: str) -> ImageVersion:
    version = register(name, ray_version="2.60.0", location="/opt/ray/bin/ray")
    Image.objects.filter(name=name).update(team=team)
    return version


def _run(cluster: Cluster) -> None:
    head = Head(cluster)
    head.pass_by()
    head.report()
    head.pass_by()
    assert head.state == "running"


def _people(world: World) -> None:
    research, other = (Team.objects.get(pk=world.things[word]["team"]) for word in (OWN, FOREIGN))
    both = make_member("both", team=research, role="engineer")
    Membership.objects.create(user=both, team=other, role="admin")
    people: dict[str, User | AnonymousUser] = {
        "anonymous": AnonymousUser(),
        "no team": make_user("alone"),
        "stranger": User.objects.get(email=f"{FOREIGN}-admin@example.org"),
        "two teams": both,
        **{
            role: User.objects.get(email=f"{OWN}-{role}@example.org")
            for role in ("viewer", "approver", "engineer", "admin")
        },
        "site admin": User.objects.create_superuser("root@example.org"),
    }
    for role, user in people.items():
        world.browsers[role] = client = Client()
        if isinstance(user, User):
            client.force_login(user)
            session = client.session
            team = other if role in {"stranger", "two teams"} else research
            session[TEAM_IN_SESSION] = team.pk
            session.save()


def writes() -> int:
    """Return how many rows this transaction has written so far, undone ones included.

    Sessions do not count: any request may note when its own was last seen.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) "
            "FROM pg_stat_xact_user_tables WHERE relname <> 'accounts_session'"
        )
        return int(cursor.fetchone()[0])
