"""Every service asks itself whether the person may: a page is not the only way to call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from accounts.errors import NotAllowed
from accounts.models import Membership, Session, Team, User
from clouds.models import Cloud
from clusters.models import Job
from clusters.workloads import WORKLOADS
from configurations.launch_checks import launchable
from configurations.library import LIBRARY
from configurations.library_offers import library_offer
from configurations.models import Draft, Version
from configurations.services.drafts import DraftContent
from domain.configuration.spec import ComputeConfig
from domain.pricing import RateCard
from promotions.environments import saved_environments
from promotions.models import (
    Approver,
    ApproverGroup,
    ChangeRequest,
    ChangeWindow,
    Environment,
    TestRun,
)
from promotions.services.requests import request_change
from tests.access.image_calls import IMAGES
from tests.access.promotion_calls import PROMOTIONS
from tests.cast import make_cloud
from tests.clusters.conftest import TEXT, cluster, driver, head, image, launch, queued, version
from tests.clusters.head import Head
from tests.clusters.workspaces.calls import WORKSPACES
from tests.images.building.calls import BUILDS
from tests.service_modules import services

__all__ = ["cluster", "driver", "head", "image", "launch", "queued", "version"]

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class Things:
    """What alice has: bob may look at it, and charlie may not."""

    head: Head
    version: Version
    team: Team
    job: Job
    draft: Draft
    cloud: Cloud
    alice: User
    member: Membership
    session: Session

    @property
    def cluster(self) -> Any:
        return self.head.cluster

    @property
    def template(self) -> Any:
        return self.version.template

    @property
    def prod(self) -> Environment:
        rows = {row.name: row for row in saved_environments(self.team)}
        return rows["prod"]

    @property
    def group(self) -> ApproverGroup:
        return self.prod.approver_groups.create(name="leads")

    @property
    def place(self) -> Approver:
        return self.group.approvers.create(user=self.alice, added_by=self.alice)

    @property
    def window(self) -> ChangeWindow:
        return self.prod.windows.create(kind="deny", cron="0 9 * * *", minutes=60)

    @property
    def change(self) -> ChangeRequest:
        return request_change(self.version, environment="prod", title="More.", by=self.alice)


type Row = tuple[tuple[Any, ...], dict[str, Any]]

_RULE = {"group": "cpu", "expression": "1"}
PROFILE = {"profile": "mobula"}
_CLOUD = {"name": "prod", "provider": "aws", "region": "us-west-2"}
_WORK = WORKLOADS["cpu_tasks"]
_CARD = RateCard(
    usd_per_cpu_hour=Decimal(1), usd_per_gib_hour=Decimal(1), usd_per_gpu_hour=Decimal(1)
)

# service -> how it is called, but for `by`
CALLS: dict[str, Callable[[Things], Row]] = {
    "accounts.services.links.make_sign_in_link": lambda t: ((t.alice,), {"team": t.team}),
    "accounts.services.sessions.end_session": lambda t: ((t.session,), {}),
    "accounts.services.sessions.end_sessions": lambda t: ((t.alice,), {}),
    "accounts.services.teams.change_role": lambda t: ((t.member,), {"role": "admin"}),
    "accounts.services.teams.create_team": lambda _: (("New",), {}),
    "accounts.services.teams.invite_member": lambda t: (
        (t.team,),
        {"email": "dora@example.org", "role": "viewer"},
    ),
    "accounts.services.teams.remove_member": lambda t: ((t.member,), {}),
    "accounts.services.users.activate_user": lambda t: ((t.alice,), {"reason": "Is back."}),
    "accounts.services.users.deactivate_user": lambda t: ((t.alice,), {"reason": "Left."}),
    "clouds.services.clouds.add_cloud": lambda _: ((), _CLOUD),
    "clouds.services.clouds.add_demo_cloud": lambda t: ((), {"teams": [t.team]}),
    "clouds.services.checks.request_checks": lambda t: ((t.cloud,), {}),
    "clouds.services.clouds.request_refresh": lambda t: ((t.cloud,), {}),
    "clouds.services.clouds.share_cloud": lambda t: ((t.cloud,), {"teams": [t.team]}),
    "clouds.services.credentials.set_credentials": lambda t: ((t.cloud,), {"values": PROFILE}),
    "clouds.services.credentials.remove_credentials": lambda t: ((t.cloud,), {}),
    "clouds.services.removing.delete_cloud": lambda t: ((t.cloud,), {}),
    "clouds.services.settings.change_settings": lambda t: ((t.cloud,), {"values": {}}),
    "clouds.services.clouds.change_cloud": lambda t: ((t.cloud,), _CLOUD),
    "clusters.services.groups.try_group_again": lambda t: ((t.cluster,), {"group": "cpu"}),
    "clusters.services.jobs.run_workload": lambda t: (
        (t.cluster, _WORK),
        {"values": {p.name: p.default for p in _WORK.parameters}},
    ),
    "clusters.services.jobs.stop_job": lambda t: ((t.job,), {}),
    "configurations.services.launch_checks.check_launch": lambda t: ((t.version,), {}),
    "configurations.services.launch_checks.check_config": lambda t: (
        (ComputeConfig(cloud="aws"),),
        {"team": t.team, "subject": "draft"},
    ),
    "clusters.services.launching.check_before_launch": lambda t: ((t.version,), {}),
    "clusters.services.launching.launch_test_cluster": lambda t: (
        (launchable(t.version),),
        {"run": TestRun(version=t.version, environment="test", max_minutes=5)},
    ),
    "clusters.services.launching.launch_cluster": lambda t: (
        (),
        {"name": "two", "version": t.version},
    ),
    "clusters.services.node_logs.follow_node_logs": lambda t: ((t.head.nodes(role="head")[0],), {}),
    "clusters.services.operating.hold_idle_timer": lambda t: ((t.cluster,), {"hours": 1}),
    "clusters.services.operating.resize_group": lambda t: (
        (t.cluster,),
        {"group": "cpu", "min_nodes": 0, "max_nodes": 1},
    ),
    "clusters.services.operating.start_cluster": lambda t: ((t.cluster,), {}),
    "clusters.services.bulk.operate_on_many": lambda t: (([t.cluster],), {"operation": "stop"}),
    "clusters.services.orphans.removing.remove_orphans": lambda t: ((t.cloud.orphans.all(),), {}),
    "clusters.services.operating.stop_cluster": lambda t: ((t.cluster,), {}),
    "clusters.services.operating.terminate_cluster": lambda t: ((t.cluster,), {}),
    "clusters.services.rules.disable_rule": lambda t: ((t.cluster,), _RULE),
    "clusters.services.rules.enable_rule": lambda t: ((t.cluster,), _RULE),
    "clusters.services.limits.change_time_limits": lambda t: (
        (t.cluster,),
        {"idle_minutes": 45, "max_lifetime_minutes": None},
    ),
    "clusters.services.relaunching.relaunch_cluster": lambda t: (
        (t.cluster,),
        {"version": t.version},
    ),
    "clusters.services.replacing.pause_replacement": lambda t: ((t.cluster,), {}),
    "clusters.services.replacing.replace_outdated": lambda t: ((t.cluster,), {}),
    "clusters.services.drifting.bring_back": lambda t: ((t.cluster,), {}),
    "clusters.services.drifting.draft_of_drift": lambda t: ((t.cluster,), {}),
    "clusters.services.environments.release_for_launch": lambda t: (
        (t.version,),
        {"environment": "dev"},
    ),
    "clusters.services.updating.check_update": lambda t: ((t.cluster,), {"version": t.version}),
    "clusters.services.updating.update_cluster": lambda t: ((t.cluster,), {"version": t.version}),
    "configurations.services.cloning.clone_version": lambda t: (
        (t.version,),
        {"cloud": t.cloud, "chosen": {}},
    ),
    "configurations.services.drafts.discard": lambda t: ((t.draft,), {}),
    "configurations.services.drafts.keep": lambda t: (
        (DraftContent(text="a: 1"),),
        {"draft": t.draft, "team": t.team, "template": t.template, "base": 1},
    ),
    "configurations.services.drafts.open_draft": lambda t: ((), {"team": t.team, "text": TEXT}),
    "configurations.services.importing.open_import": lambda t: ((TEXT,), {"team": t.team}),
    "configurations.services.library.open_ready": lambda t: (("single-node",), {"team": t.team}),
    "configurations.services.library.template_from_library": lambda t: (
        (library_offer(LIBRARY[0], team=t.team),),
        {"team": t.team},
    ),
    "configurations.services.bulk.archive_many": lambda t: (([t.template],), {}),
    "configurations.services.templates.archive_template": lambda t: ((t.template,), {}),
    "configurations.services.templates.create_template": lambda t: (
        (),
        {"team": t.team, "name": "new", "text": TEXT, "message": "First."},
    ),
    "configurations.services.templates.save_version": lambda t: (
        (t.template,),
        {"text": f"{TEXT}# More\n", "base": 1, "message": "More."},
    ),
    "configurations.services.templates.unarchive_template": lambda t: ((t.template,), {}),
    "configurations.services.versions.archive_version": lambda t: ((t.version,), {}),
    "configurations.services.versions.restore": lambda t: ((t.version,), {}),
    "configurations.services.versions.unarchive_version": lambda t: ((t.version,), {}),
    "insights.services.change_rate_card": lambda _: ((_CARD,), {"note": ""}),
    **PROMOTIONS,
    **BUILDS,
    **IMAGES,
    **WORKSPACES,
}
# A viewer may look.
READS = {
    "configurations.services.launch_checks.check_launch",
    "clusters.services.node_logs.follow_node_logs",
    "clusters.services.updating.check_update",
    "clusters.services.workspaces.using.read_file",
    "promotions.services.requests.comment_on",
}


@pytest.fixture
def things(head: Head, version: Version, alice: User, research: Team) -> Things:
    return Things(
        head=head,
        version=version,
        team=research,
        job=Job.objects.create(
            cluster=head.cluster, run=head.cluster.run, submission_id="j1", status="RUNNING"
        ),
        draft=Draft.objects.create(team=research, author=alice, template=version.template, base=1),
        cloud=make_cloud("aws", provider="aws", region="us-east-1"),
        alice=alice,
        member=alice.memberships.get(),
        session=Session.objects.create(key_hash="a hash", contents="", user=alice),
    )


def rows() -> dict[str, list[Any]]:
    """Everything in the database."""
    return {
        str(model._meta): sorted(map(repr, model._default_manager.values_list()))
        for model in apps.get_models()
    }


def test_every_service_is_in_the_table() -> None:
    assert services().keys() == CALLS.keys()


def test_a_stranger_is_refused_and_nothing_is_written(things: Things, charlie: User) -> None:
    assert not_refused(CALLS, things, by=charlie) == {}


def test_a_viewer_is_refused_and_nothing_is_written(things: Things, bob: User) -> None:
    assert not_refused(CALLS.keys() - READS, things, by=bob) == {}


def not_refused(names: Iterable[str], things: Things, *, by: User) -> dict[str, str]:
    """Return the services that do not refuse this person as they must, with what they do."""
    return {name: does for name in names if (does := _does(name, things, by=by))}


def _does(name: str, things: Things, *, by: User) -> str:
    """Return what a service does wrongly; it is taken back."""
    does = []
    with transaction.atomic():
        args, options = CALLS[name](things)
        before = rows()
        try:
            services()[name](*args, **options, by=by)
        except NotAllowed as refusal:
            does += [] if str(refusal) else ["says nothing"]
        else:
            does.append("is not refused")
        does += [] if rows() == before else ["writes"]
        transaction.set_rollback(True)
    return ", ".join(does)
