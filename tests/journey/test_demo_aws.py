"""A demo AWS in the browser, with real Ray: from its button to the last orphaned volume.

Each test goes on where the one before ended, so they run in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from playwright.sync_api import Browser, expect

from clouds.demo_home import DemoHome, NotRunning
from mobula.demo_cloud.aws.catalogue import CPU
from providers.aws.tags import INSTALLATION
from tests.e2e.cluster import DrivenCluster
from tests.e2e.stack import Console
from tests.e2e.waiting import eventually
from tests.journey.people import PATIENCE_MS, Person, make_people, sign_in
from tests.journey.secrets_found import (
    SECRET_KEY,
    SESSION_TOKEN,
    files_with_canary,
    has_canary,
    kept_by_broker,
    rows_of_tables,
)

pytestmark = [pytest.mark.ray, pytest.mark.browser, pytest.mark.usefixtures("patience")]

KEY_ID = "AKIAIOSFODNN7CANARYX"
ADMIN = """
from accounts.models import User
User.objects.filter(name="Ada").update(is_superuser=True)
"""
SIGN_IN = """
from accounts.models import User
from clouds.models import Cloud
from clouds.services import set_credentials
values = {{
    "access_key_id": {key!r}, "secret_access_key": {secret!r}, "session_token": {token!r}
}}
set_credentials(Cloud.objects.get(pk={cloud}), values=values, by=User.objects.get(name="Ada"))
"""
SEARCH = """
from clusters.orphans.search import search
search({cloud})
"""


@pytest.fixture(scope="module")
def ada(mobula: Console, chromium: Browser) -> Iterator[Person]:
    """An installation admin, signed in."""
    make_people(mobula, {"Ada": "admin"})
    mobula.python(ADMIN)
    person = sign_in(chromium, mobula, "Ada")
    yield person
    assert person.visit.complaints() == []
    person.page.context.close()
    person.console.http.close()


@pytest.fixture(scope="module")
def demo(mobula: Console) -> DemoHome:
    """The demo AWS, once it was added."""
    return DemoHome(Path(mobula.home.path))


@pytest.fixture(scope="module")
def cloud(ada: Person, mobula: Console, demo: DemoHome) -> int:
    """The id of the demo cloud, added with its button; it answers to credentials of our own."""
    page = ada.open("/clouds/")
    page.get_by_role("button", name="Add a demo AWS").click()
    expect(page.locator("#notices")).to_contain_text("Added cloud demo-aws")
    eventually(lambda: answers(demo), what="the demo AWS answers", seen=mobula.output.read_text)
    found = int(mobula.rows("SELECT id FROM clouds_cloud WHERE name = 'demo-aws'")[0]["id"])
    mobula.python(SIGN_IN.format(cloud=found, key=KEY_ID, secret=SECRET_KEY, token=SESSION_TOKEN))
    return found


@pytest.fixture(scope="module")
def train(ada: Person, cloud: int) -> DrivenCluster:
    """A cluster of the library's template for GPUs, launched from its card."""
    page = ada.open("/clusters/launch/")
    card = page.get_by_role("region", name="GPU training with spot and fallback")
    card.get_by_role("button", name="Use this template").click()
    page.get_by_label("Cluster name").fill("train")
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_role("heading", name="train", exact=True)).to_be_visible()
    return DrivenCluster(ada.console, id=page.url.rstrip("/").rpartition("/")[2])


def test_checks_tell_what_the_account_allows(ada: Person, cloud: int) -> None:
    page = ada.open(f"/clouds/{cloud}/checks/")
    page.get_by_role("button", name="Check this cloud").click()
    again = page.get_by_role("button", name="Check again")
    expect(again).to_be_enabled(timeout=PATIENCE_MS)
    results = page.get_by_role("region", name="Results")
    expect(results.get_by_role("row", name="Credentials")).to_contain_text("Passed")
    expect(results).to_contain_text("A dry run proves permissions and parameters, not capacity")
    ada.accessible()


def test_a_cluster_is_launched_from_the_library(
    ada: Person, train: DrivenCluster, demo: DemoHome
) -> None:
    train.comes_to("running")
    expect(ada.page.get_by_text("Running").first).to_be_visible()
    assert [one["type"] for one in demo.ask()["instances"]] == ["m5.2xlarge"]
    ada.accessible()


def test_a_shortage_of_spot_falls_back_and_an_interruption_loses_no_task(
    ada: Person, train: DrivenCluster, demo: DemoHome
) -> None:
    job = train.run_workload("cpu_tasks", tasks=2, cpus=16, seconds=60)
    train.has_workers(2)
    workers = train.ready_workers()
    assert {one["machine"] for one in workers} == {"g5.4xlarge"}, train.describe()
    # One is all that the demo has as spot, in one zone.
    assert sorted(one["market"] for one in workers) == ["on_demand", "spot"]
    assert all([step["state"] for step in one["startup"]] == ["done"] * 4 for one in workers)
    page = ada.open(f"/clusters/{train.id}/?tab=events")
    expect(page.get_by_text("g5.4xlarge as spot is in cooldown").first).to_be_visible()
    ada.accessible()
    assert len(demo.ask("interrupt", percent=100, notice=20)["interrupted"]) == 1

    def told() -> bool:
        return "spot.interruption_notice" in {event["kind"] for event in train.events()}

    eventually(told, what="the notice is an event", seen=train.describe)
    over = train.job_over(job)
    assert over["status"] == "SUCCEEDED", train.describe()
    assert "2 tasks done" in train.job_log(over)


def test_secrets_are_nowhere_in_clear(
    ada: Person, mobula: Console, cloud: int, train: DrivenCluster
) -> None:
    tables = rows_of_tables(mobula)
    assert train.row["handle"].encode() in tables["clusters_cluster"]
    assert [name for name, found in tables.items() if has_canary(found)] == []
    assert files_with_canary(mobula) == []
    kept = kept_by_broker(mobula)
    assert kept
    assert [name for name, found in kept.items() if has_canary(found)] == []
    pages = ["/clouds/", f"/clouds/{cloud}/checks/", f"/clouds/{cloud}/history/"]
    pages += [f"/clusters/{train.id}/", f"/clusters/{train.id}/?tab=events", "/accounts/audit/"]
    for path in pages:
        answer = ada.console.http.get(path)
        assert (path, answer.status_code, has_canary(answer.content)) == (path, 200, False)


def test_a_terminated_cluster_leaves_nothing(
    ada: Person, train: DrivenCluster, demo: DemoHome
) -> None:
    page = ada.open(f"/clusters/{train.id}/")
    page.get_by_role("button", name="Terminate").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Terminate").click()
    train.comes_to("terminated")
    eventually(lambda: demo.ask()["instances"] == [], what="no instance is left")


def test_an_orphaned_volume_is_found_and_removed(
    ada: Person, mobula: Console, cloud: int, demo: DemoHome
) -> None:
    ec2 = ec2_of(demo)
    volume = leave_volume(ec2, installation=installation_of(mobula))
    mobula.python(SEARCH.format(cloud=cloud))
    # A quarter of an hour later: what was just created may yet be used.
    assert mobula.rows("UPDATE clusters_orphan SET orphan_from = now() RETURNING id")
    page = ada.open("/clouds/orphaned/")
    row = page.get_by_role("row", name=volume)
    expect(row).to_contain_text("100 GiB gp3")
    ada.accessible()
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("heading", name="Remove 1 resource?")).to_be_visible()
    ada.accessible()
    page.get_by_role("button", name="Remove 1 resource").click()
    expect(page.get_by_role("row", name=volume)).to_contain_text("Removed", timeout=PATIENCE_MS)
    assert volume not in {one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]}


def answers(demo: DemoHome) -> bool:
    """Return whether the demo runs."""
    try:
        return "instances" in demo.ask()
    except NotRunning:
        return False


def installation_of(mobula: Console) -> str:
    """Return what the installation calls itself in clouds."""
    return str(mobula.rows("SELECT key FROM clouds_installation")[0]["key"])


def ec2_of(demo: DemoHome) -> Any:
    """Return somebody else's client of the account."""
    return boto3.client(
        "ec2",
        endpoint_url=demo.url,
        region_name="us-east-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key="another",
    )


def leave_volume(ec2: Any, *, installation: str) -> str:
    """Launch an instance with the installation's tag and end it: its data volume stays."""
    tags = [{"Key": INSTALLATION, "Value": installation}]
    disk = {"VolumeSize": 100, "VolumeType": "gp3", "DeleteOnTermination": False}
    launched = ec2.run_instances(
        ImageId=CPU,
        InstanceType="m5.large",
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "Ebs": disk}],
        TagSpecifications=[{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume")],
    )
    name = launched["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[name])

    def detached() -> str:
        volumes = ec2.describe_volumes()["Volumes"]
        return next((one["VolumeId"] for one in volumes if one["State"] == "available"), "")

    return eventually(detached, what="the volume is left")
