"""Axe finds nothing from moderate up on any page, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser import pages
from tests.browser.test_scaling import cluster, driver, image, launch, queued, version

if TYPE_CHECKING:
    from accounts.models import User
    from clusters.models import Cluster
    from configurations.models import Version
    from tests.browser.conftest import Visit

__all__ = ["cluster", "driver", "image", "launch", "queued", "version"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOG = "[2026-11-01 08:00:00,000 I 7 7] raylet started\n" * 40
LOG_BYTES = len(LOG)


@pytest.fixture
def filled(cluster: Cluster, alice: User, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster with something on each page; alice is an installation admin."""
    monkeypatch.setattr("promotions.tasks._ask", lambda _request: None)
    from clusters.models import Job, JobLog, NodeLog, NodeLogFile
    from configurations.services.templates import save_version

    type(alice).objects.filter(pk=alice.pk).update(is_superuser=True)
    text = cluster.version.text.replace("max_nodes: 4", "max_nodes: 5") + "# More.\n"
    save_version(cluster.version.template, text=text, base=1, message="More.", by=alice)
    job = Job.objects.create(
        cluster=cluster, run=cluster.run, submission_id="raysubmit_1", status="RUNNING",
        entrypoint="python train.py --epochs 3", submitted_by=alice,
    )  # fmt: skip
    JobLog.objects.create(job=job, cluster=cluster, offset=0, size=LOG_BYTES, text=LOG)
    node = cluster.nodes.all()[0]
    file = NodeLogFile.objects.create(node=node, name="raylet.out", size=LOG_BYTES, end=LOG_BYTES)
    NodeLog.objects.create(file=file, cluster=cluster, offset=0, size=LOG_BYTES, text=LOG)
    release(cluster.version, by=alice)
    return cluster


def release(version: Version, *, by: User) -> None:
    """Release the version in dev, with a test run, a comment and a cluster that follows."""
    from promotions.models import TestRun
    from promotions.services.requests import comment_on, request_change
    from tests.promotions.steps import carry_on

    change = carry_on(request_change(version, environment="dev", title="First.", by=by))
    change.rollouts.create(cluster_id=version.clusters.all()[0].pk, cluster_name="live")
    comment_on(change, text="**Why** now?", by=by)
    TestRun.objects.create(
        request=change, round=1, version=version, environment="dev", workload="cpu_tasks",
        max_minutes=5, max_usd=1, state="failed", summary="2 of 10 tasks failed.", log=LOG,
        ended_at=change.created_at,
    )  # fmt: skip


def test_axe_finds_nothing_on_any_page_in_either_theme_at_any_width(
    visit: Callable[..., Visit], alice: User, filled: Cluster
) -> None:
    addresses = pages.INSIGHTS | pages.LISTS | pages.ACCOUNTS | pages.OTHERS
    addresses |= dict(pages.cluster_pages(filled))
    addresses |= dict(pages.template_pages(filled.version.template))
    addresses["user"] = f"/accounts/users/{alice.pk}/"
    alices, known = visit(alice), set[str]()
    wrong = {path: barriers_of(alices, path, known=known) for path in addresses.values()}
    for path in ("/accounts/sign-in/", "/accounts/link/outdated/"):
        wrong[path] = barriers_of(visit(None), path, known=known)
    assert not any(wrong.values()), "\n".join(f"{p}: {b}" for p, bs in wrong.items() for b in bs)
    assert {"keys", "picker", "approve-dialog"} <= known


def barriers_of(visit: Visit, path: str, *, known: set[str]) -> list[str]:
    """Return what axe finds on the page, and in those of its dialogs that are not known yet."""
    visit.page.set_viewport_size({"width": 1440, "height": 900})
    visit.page.goto(visit.address + path)
    visit.page.wait_for_load_state("load")
    return visit.barriers_in_each_view() + barriers_of_dialogs(visit, known)


def barriers_of_dialogs(visit: Visit, known: set[str]) -> list[str]:
    found = []
    for dialog in visit.page.locator("dialog[id]").all():
        name = dialog.get_attribute("id") or ""
        if name in known:
            continue
        known.add(name)
        dialog.evaluate("(dialog) => dialog.showModal()")
        for theme in ("light", "dark"):
            visit.switch(theme)
            found += [f"{name} {theme} {barrier}" for barrier in visit.barriers()]
        visit.switch("light")
        dialog.evaluate("(dialog) => dialog.close()")
    return found
