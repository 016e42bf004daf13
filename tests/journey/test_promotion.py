"""From the editor to production and back: three people, real workers, real Ray clusters.

Each test goes on where the one before ended, so they run in their order.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.editing import wait_for_yaml, write_yaml
from tests.e2e.cluster import DrivenCluster
from tests.e2e.stack import Console, Row
from tests.e2e.waiting import eventually
from tests.journey.conftest import People
from tests.journey.people import PATIENCE_MS, Person
from tests.journey.pictures import picture

pytestmark = [pytest.mark.ray, pytest.mark.browser, pytest.mark.usefixtures("patience")]

NIGHTLY = Path(__file__).parent / "work/nightly.py"
TEXT = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB
worker_nodes:
  - name: data
    instance_type: 2CPU-4GB
    min_nodes: 1
    max_nodes: 2
    resources:
      dataset: 1
"""
# Production is verified by a task that needs the dataset, which the test workload does not know.
WITHOUT_DATASET = TEXT.replace("name: data", "name: plain").partition("    resources:")[0]
TEST = 'python -c "import ray; print(ray.get(ray.remote(lambda: 41 + 1).remote()))"'
SMOKE = "python -c \"import ray; ray.init(); assert ray.cluster_resources()['dataset'], 'none'\""
FIRST = """
from accounts.models import User
from configurations.models import Version
from promotions.environments import saved_environments
from promotions.models import Environment
from promotions.services.requests import request_change
version = Version.objects.get(pk={version})
saved_environments(version.template.team)
prod = Environment.objects.filter(team=version.template.team, name="prod")
prod.update(approvals=0, needs_previous=False)
alice = User.objects.get(email="alice@example.org")
print(request_change(version, environment="prod", title="First version", by=alice).pk)
"""


@pytest.fixture(scope="module")
def template(mobula: Console, people: People) -> int:
    """The id of a template whose first version is in production."""
    version = mobula.make_template("nightly", TEXT)
    request = int(mobula.python(FIRST.format(version=version)).splitlines()[-1])
    eventually(
        lambda: state_of(mobula, request) == "done",
        what="the first version is released",
        seen=lambda: mobula.rows("SELECT * FROM promotions_step WHERE request_id = %s", request),
    )
    found = mobula.rows("SELECT template_id FROM configurations_version WHERE id = %s", version)
    return int(found[0]["template_id"])


@pytest.fixture(scope="module")
def production(mobula: Console, people: People, template: int) -> DrivenCluster:
    """Carl's cluster that follows production, launched through the page; it is starting."""
    page = people.carl.open(f"/templates/{template}/")
    page.get_by_role("link", name="Launch", exact=True).click()
    page.get_by_label("Cluster name").fill("nightly-prod")
    page.locator("#id_environment").select_option("prod")
    expect(page.get_by_text("The cluster follows prod")).to_be_visible()
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("heading", name="nightly-prod")).to_be_visible()
    return DrivenCluster(people.carl.console, id=page.url.rstrip("/").rpartition("/")[2])


def test_an_admin_sets_the_rules_of_production(
    people: People, template: int, production: DrivenCluster
) -> None:
    page = people.lea.open("/environments/prod/")
    page.get_by_label("Approvals needed").fill("1")
    page.locator("#id_workload").select_option("command")
    page.get_by_label("Command line").fill(TEST)
    page.get_by_label("Verification (minutes)").fill("1")
    page.get_by_label("Verification command").fill(SMOKE)
    page.get_by_label("Go back to the last good release").check()
    page.get_by_role("button", name="Save rules").click()
    expect(page.locator("#notices")).to_contain_text("The rules of prod are saved.")
    page.get_by_label("Member").select_option(label="Lea")
    page.get_by_role("button", name="Add approver").click()
    expect(page.get_by_role("button", name="Remove Lea from approvers")).to_be_visible()
    people.lea.accessible()
    picture(page, "rules")


def test_a_version_is_requested_from_the_editor_and_tested_on_a_cluster_of_its_own(
    mobula: Console, people: People, template: int, production: DrivenCluster
) -> None:
    production.comes_to("running")  # one after the other: Ray gives up where it starts too slowly
    production.has_workers(1)
    page = people.alice.open(f"/templates/{template}/edit/")
    expect(page.locator(".cm-editor")).to_be_visible()
    page.get_by_label("Max", exact=True).fill("3")
    wait_for_yaml(page, "max_nodes: 3")
    save(page, "Up to three nodes")
    picture(page, "saved")
    request(page, "Up to three nodes")
    tested = page.get_by_role("heading", name="Test workload: Command")
    expect(tested).to_be_visible(timeout=PATIENCE_MS)
    tested.scroll_into_view_if_needed()
    picture(page, "tested")
    expect_status(page, "Awaiting approval")
    people.alice.accessible()
    run = mobula.rows("SELECT * FROM promotions_testrun ORDER BY id DESC LIMIT 1")[0]
    assert (run["state"], "42" in run["log"]) == ("passed", True)
    assert str(run["cluster_id"])


def test_an_admin_finds_it_in_the_inbox_and_approves_by_keyboard(
    people: People, production: DrivenCluster, mobula: Console
) -> None:
    start_nightly(production, "first")
    page = people.lea.open("/templates/")
    inbox = page.get_by_role("link", name="Change requests")
    expect(inbox).to_contain_text("1 waiting for you")
    inbox.click()
    expect(page.get_by_role("heading", name="Waiting for your approval")).to_be_visible()
    people.lea.accessible()
    picture(page, "inbox")
    page.get_by_role("link", name="Review Up to three nodes").click()
    review(people.lea, reason="The night is long enough.", shown="max_nodes: 2")


def test_the_cluster_is_updated_in_place_while_a_job_runs_on_it(
    mobula: Console, people: People, production: DrivenCluster, template: int
) -> None:
    before = nodes_of(production)
    for each in (people.alice.page, people.lea.page):
        expect(each.get_by_text("Runs nightly:2").first).to_be_visible(timeout=PATIENCE_MS)
    assert version_of(production) == 2
    assert nodes_of(production) == before
    job = finish_nightly(production, "first")
    assert job["status"] == "SUCCEEDED", production.job_log(job)
    page = people.carl.open(f"/clusters/{production.id}/?tab=jobs")
    row = page.get_by_role("row", name=job["submission_id"])
    expect(row).to_contain_text("Succeeded", ignore_case=True, timeout=PATIENCE_MS)
    people.carl.accessible()
    # While the release is verified, the next version is requested.
    author = people.alice.page
    seen = author.url.removeprefix(mobula.url)
    page = people.alice.open(f"/templates/{template}/edit/")
    expect(page.locator(".cm-editor")).to_be_visible()
    write_yaml(page, WITHOUT_DATASET)
    expect(page.get_by_role("heading", name="plain", exact=True)).to_be_visible()
    save(page, "Plain machines")
    request(page, "Plain machines")
    expect_status(people.lea.page, "Done")
    picture(people.lea.page, "done")
    expect_status(people.carl.open(seen), "Done")


def test_a_version_that_fails_its_verification_task_is_rolled_back_by_itself(
    mobula: Console, people: People, production: DrivenCluster
) -> None:
    everybody = (people.alice, people.lea, people.carl)
    path = people.alice.page.url.removeprefix(mobula.url)
    expect_status(people.alice.page, "Awaiting approval")
    people.carl.open(path)
    people.lea.open(path)
    review(people.lea, reason="Cheaper machines.", shown="name: data", is_pictured=False)
    for person in everybody:
        expect_status(person.page, "Verifying")
    eventually(
        lambda: not any("data" in node["group_name"] for node in production.nodes(role="worker")),
        what="no node with the dataset is left",
        seen=production.describe,
    )
    for person in everybody:  # nobody reloads the page
        expect(person.page.get_by_text("Its verification task failed").first).to_be_visible(
            timeout=PATIENCE_MS
        )
        expect(person.page.get_by_text("Taken back by Roll back to nightly:2")).to_be_visible()
    for person in everybody:
        expect_status(person.page, "Rolled back")
    people.carl.accessible()
    picture(people.carl.page, "rolled-back")


def test_production_is_on_the_good_version_again_and_works(
    people: People, production: DrivenCluster, template: int
) -> None:
    assert version_of(production) == 2
    production.has_workers(1)
    start_nightly(production, "second")
    job = finish_nightly(production, "second")
    assert job["status"] == "SUCCEEDED", production.job_log(job)
    page = people.alice.open(f"/templates/{template}/")
    stage = page.locator(".pipeline li", has_text="prod")
    expect(stage).to_contain_text("nightly:2")
    expect(stage).to_contain_text("Verified")
    people.alice.accessible()
    picture(page, "pipeline")
    assert people.complaints() == []


def save(page: Page, message: str) -> None:
    """Save the version in the editor."""
    page.get_by_label("Message", exact=True).fill(message)
    page.get_by_role("button", name="Save version").click()
    expect(page.locator("#notices")).to_contain_text("is saved.")


def request(page: Page, title: str) -> None:
    """Go on from what was saved to the request, and make it."""
    page.locator("#notices").get_by_role("link", name="Request promotion").click()
    page.get_by_label("Environment", exact=True).select_option("prod")
    expect(page.get_by_label("Title")).to_have_value(title)
    page.get_by_role("button", name="Request promotion").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def review(person: Person, *, reason: str, shown: str, is_pictured: bool = True) -> None:
    """Open the changes line by line and approve them, all with the keyboard."""
    page = person.page
    approve = page.get_by_role("button", name="Approve", exact=True)
    expect(approve).to_be_disabled()
    page.locator("#lines > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".side-changed").first).to_contain_text(shown)
    expect(approve).to_be_enabled()
    if is_pictured:
        person.accessible()
        picture(page, "review")
    approve.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
    page.keyboard.type(reason)
    if is_pictured:
        picture(page, "approve")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Approved.")


def expect_status(page: Page, words: str) -> None:
    """Wait until the request's page says where it stands, without loading it again."""
    badge = page.get_by_role("region", name="Status").locator(".card-header > .state").first
    expect(badge).to_have_text(words, timeout=PATIENCE_MS)


def start_nightly(cluster: DrivenCluster, name: str) -> Row:
    """Submit the nightly job, which works until it is told that it is enough."""
    program = cluster.console.share(NIGHTLY)
    return cluster.submit(f"python {program} {program.parent / name}")


def finish_nightly(cluster: DrivenCluster, name: str) -> Row:
    """Tell the nightly job that it is enough, and return its row once it is over."""
    (cluster.console.shared / name).write_text("")
    return cluster.job_over(cluster.jobs()[-1])


def version_of(cluster: DrivenCluster) -> int:
    """Return the number of the version that the cluster has."""
    query = "SELECT number FROM configurations_version WHERE id = %s"
    return int(cluster.console.rows(query, cluster.row["version_id"])[0]["number"])


def nodes_of(cluster: DrivenCluster) -> list[str]:
    """Return the names of the cluster's nodes that live."""
    return [str(node["name"]) for node in cluster.nodes()]


def state_of(mobula: Console, request: int) -> str:
    """Return the state of a change request."""
    rows = mobula.rows("SELECT state FROM promotions_changerequest WHERE id = %s", request)
    return str(rows[0]["state"])
