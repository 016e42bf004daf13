"""The sample team's rows but for the measured ones: people, templates, clusters and their past."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import Membership, Team, User
from accounts.roles import Role
from clouds.models import Cloud
from clusters.agent_report import SAMPLE_REPORT
from clusters.models import Cluster, Group, Node, Run
from clusters.nodes.config import settings_of
from clusters.nodes.groups import groups_of
from configurations.models import Template, Version
from configurations.targets import target_for
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, digest
from domain.lifecycle import ClusterState, ClusterTarget, EndCause, NodeState
from domain.offerings import Market, ProviderKind
from domain.pricing import microusd
from domain.yaml.text import parse
from images.models import Image, ImageVersion
from mobula.demo.calendar import DAYS, HOUR, Life, Session, lives, sessions
from mobula.demo.history import write_histories
from mobula.demo.sample import BOOT, LATER, Sample
from mobula.demo.templates import AWS, GCP, PEOPLE, TEMPLATES, SampleTemplate

NAME, SLUG = "Sample team", "sample-team"
NO_ADDRESS = "@sample.invalid"  # RFC 2606: never a real domain
IMAGE = "sample-ray"


def write_team(now: datetime) -> Team:
    """Write the team, its people, clouds, image and templates; active users may look at it."""
    team = Team.objects.create(name=NAME, slug=SLUG, is_sample=True)
    people = [_person(name) for name in PEOPLE]
    users = User.objects.filter(is_active=True).exclude(is_superuser=True)
    roles = [*((user, Role.ENGINEER) for user in people), *((user, Role.VIEWER) for user in users)]
    Membership.objects.bulk_create(Membership(team=team, user=user, role=r) for user, r in roles)
    for name, kind, region in (
        (AWS, ProviderKind.AWS, "us-west-2"),
        (GCP, ProviderKind.GCP, "us-central1"),
    ):
        cloud = Cloud.objects.create(name=name, provider=kind, region=region)
        cloud.teams.add(team)
    image = Image.objects.create(name=IMAGE, team=team)
    ImageVersion.objects.create(
        image=image,
        number=1,
        ray_version="2.60.0",
        python_version="3.13.0",
        location="rayproject/ray:2.60.0-py313",
    )
    for position, template in enumerate(TEMPLATES):
        _write_template(template, team=team, by=people[position % len(people)], now=now)
    return team


def _person(name: str) -> User:
    """Return a user who cannot sign in."""
    address = name.lower().replace(" ", ".") + NO_ADDRESS
    return User.objects.create(
        email=address, name=name, is_active=False, password=make_password(None)
    )


def _write_template(template: SampleTemplate, *, team: Team, by: User, now: datetime) -> None:
    began = now - timedelta(days=DAYS + 14)
    row = Template(team=team, name=template.name, created_by=by, created_at=began)
    row.save_base(raw=True, force_insert=True)  # keeps the moment of its creation
    messages = ("First version.", "Use spot with a fallback.", "Terminate when idle for an hour.")
    for number, text in enumerate(template.versions, start=1):
        config = parse(text).config or ComputeConfig()
        version = Version(
            template=row,
            number=number,
            text=text,
            digest=digest(config),
            message=messages[number - 1],
            author=by,
            created_at=began + timedelta(days=3 * (number - 1)),
        )
        version.save_base(raw=True, force_insert=True)


def write_clusters(team: Team, *, now: datetime, days: int) -> list[Sample]:
    """Write each cluster with its runs, nodes, jobs, events and decisions."""
    people = list(User.objects.filter(memberships__team=team, is_active=False).order_by("email"))
    image = ImageVersion.objects.get(image__name=IMAGE)
    samples: list[Sample] = []
    for template in TEMPLATES:
        version = Version.objects.filter(template__team=team, template__name=template.name)
        newest = version.select_related("template").latest("number")
        target = target_for(Cloud.objects.get(name=template.cloud))
        for position, name in enumerate(template.clusters):
            cluster = Cluster(
                name=name,
                handle="d" + secrets.token_hex(4)[:7],
                team=team,
                owner=people[(position + len(samples)) % len(people)],
                cloud=Cloud.objects.get(name=template.cloud),
                version=newest,
                image_version=image,
            )
            past = sessions(template, position, now=now, days=days)
            samples.append(_write_cluster(template, cluster, past, target, now=now))
    write_histories(samples)
    return samples


@transaction.atomic
def _write_cluster(
    template: SampleTemplate,
    cluster: Cluster,
    past: Sequence[Session],
    target: RegionCatalogue,
    *,
    now: datetime,
) -> Sample:
    last = past[-1]
    config = parse(cluster.version.text).config or ComputeConfig()
    for name, value in settings_of(config).items():
        setattr(cluster, name, value)
    cluster.state = ClusterState.RUNNING if last.is_open else ClusterState.STOPPED
    cluster.target = ClusterTarget.RUNNING if last.is_open else ClusterTarget.STOPPED
    if last.is_open:
        cluster.idle_minutes = cluster.max_lifetime_minutes = None  # nothing would terminate it
    cluster.created_at = past[0].start
    cluster.state_since = last.start + BOOT if last.is_open else last.end
    cluster.wake_at = now + LATER  # no worker looks after it
    runs = [_run(cluster, session, number, now) for number, session in enumerate(past, start=1)]
    cluster.run = runs[-1]
    Run.objects.bulk_create(runs)
    groups = groups_of(cluster, config, target)
    nodes, number = [], 0
    for run, session in zip(runs, past, strict=True):
        for life in lives(session):
            group = groups[0 if life.number == 0 else 1]
            nodes.append((_node(group, run, session, life, number, target), session, life))
            number += 1
    cluster.next_node = number
    cluster.save(force_insert=True)
    Group.objects.bulk_create(groups)
    for node, _, life in nodes:
        node.group = groups[0 if life.number == 0 else 1]  # which has its key now
    Node.objects.bulk_create([node for node, _, _ in nodes], batch_size=1_000)
    return Sample(template=template, cluster=cluster, sessions=past, runs=runs, nodes=nodes)


def _run(cluster: Cluster, session: Session, number: int, now: datetime) -> Run:
    busy = session.load[-1] > 0
    run = Run(
        cluster=cluster,
        number=number,
        requested_at=session.start,
        started_at=session.start + BOOT,
        agent_token_hash=hashlib.sha256(secrets.token_bytes()).hexdigest(),
    )
    if not session.is_open:
        run.ended_at, run.end_reason = session.end, "Idle for an hour."
        return run
    run.agent_seen_at, run.demand_at = SAMPLE_REPORT, now
    run.demand = {"shapes": [], "gangs": [], "standing_requests": []}
    run.drivers = run.actors = 1 if busy else 0
    if not busy:
        idle = next((n for n, load in enumerate(reversed(session.load)) if load), None)
        hours = len(session.load) if idle is None else idle
        run.idle_since = max(session.end - hours * HOUR, run.started_at or session.start)
    return run


def _node(
    group: Group, run: Run, session: Session, life: Life, number: int, target: RegionCatalogue
) -> Node:
    began = session.start + life.first * HOUR
    ended = began + life.hours * HOUR
    is_open = session.is_open and ended == session.end
    market = Market(group.market)
    price = target.prices.get((group.instance_type, market))
    busy = session.load[-1] > 0
    node = Node(
        name=f"{group.cluster.handle}-{number}",
        cluster=group.cluster,
        group=group,
        run=run,
        version=group.cluster.version,
        role=group.role,
        market=market,
        state=NodeState.READY if is_open else NodeState.TERMINATED,
        hourly_microusd=None if price is None else microusd(price),
        requested_at=began,
        launched_at=began,
        booted_at=began + BOOT / 2,
        ready_at=began + BOOT,
        address=f"10.0.{number // 250 % 250}.{number % 250 + 4}",
        ray_node_id=hashlib.sha256(f"{group.cluster.handle} {number}".encode()).hexdigest()[:56],
        total=group.resources,
        free={} if busy else group.resources,
        idle_since=None if busy else began + BOOT,
        decision_reason="" if life.number == 0 else f"Launched for pending work of {group.name}.",
    )
    if not is_open:
        node.draining_at = node.terminating_at = ended - BOOT / 3
        node.ended_at, node.end_cause = (
            ended,
            EndCause.CLUSTER_STOPPED if life.number == 0 else EndCause.IDLE,
        )
        node.end_reason, node.idle_since = "Idle.", None
    return node
