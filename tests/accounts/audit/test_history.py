"""Clusters, templates, clouds and users have a tab with their part of the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from accounts.services import record
from tests.accounts.conftest import signed_in
from tests.cast import make_cloud

if TYPE_CHECKING:
    from accounts.models import Team, User
    from clusters.models import Cluster

pytestmark = pytest.mark.django_db


def actions(response: Any) -> list[str]:
    assert response.status_code == 200
    return [line.entry.action for line in response.context["history"].rows]


def test_a_cluster_shows_what_was_done_to_it(
    anna: User, alice: User, cluster: Cluster, research: Team
) -> None:
    record("cluster.stopped", actor=alice, team=research, subject=cluster)
    record("cluster.stopped", actor=alice, team=research, subject=cluster.version.template)
    page = reverse("clusters:detail", args=[cluster.pk])
    browser = signed_in(anna)
    assert f"{page}?tab=history" in browser.get(page).text
    shown = browser.get(page, {"tab": "history"})
    assert actions(shown) == ["cluster.stopped", "cluster.launched"]
    assert browser.get(shown.context["history"].csv_url).getvalue().count(b"cluster.stopped") == 1
    assert browser.get(page, {"tab": "history", "part": "live"}).status_code == 200


def test_a_cluster_shows_its_jobs_too(
    anna: User, alice: User, cluster: Cluster, research: Team
) -> None:
    from clusters.models import Job

    job = Job.objects.create(cluster=cluster, run=cluster.run, submission_id="one")
    record("job.submitted", actor=alice, team=research, subject=job)
    foreign = Job(pk=job.pk + 1)
    record("job.submitted", actor=alice, team=research, subject=foreign)
    page = signed_in(anna).get(reverse("clusters:detail", args=[cluster.pk]), {"tab": "history"})
    assert actions(page) == ["job.submitted", "cluster.launched"]
    csv = signed_in(anna).get(page.context["history"].csv_url).getvalue().decode()
    assert csv.count("job.submitted") == 1
    trail = reverse("accounts:audit")
    assert signed_in(anna).get(trail, {"kind": "cluster", "subject": "x"}).status_code == 200


def test_an_environment_shows_its_change_requests_too(
    anna: User, alice: User, bob: User, cluster: Cluster, research: Team
) -> None:
    from promotions.services.environments import change_rules
    from promotions.services.requests import request_change

    browser, page = signed_in(anna), reverse("promotions:environment", args=["dev"])
    assert browser.get(page, {"tab": "history"}).status_code == 302  # nobody has changed it yet
    version = cluster.version
    change = request_change(version, environment="dev", title="More.", by=alice)
    request_change(version, environment="test", title="More.", by=alice)
    change_rules(change.environment, values={"approvals": 1}, by=anna)
    assert "?tab=history" in browser.get(page).text
    shown = browser.get(page, {"tab": "history"})
    assert actions(shown) == ["environment.rules_changed", "change_request.checking"]
    template = reverse("configurations:template", args=[version.template_id])
    shown = browser.get(template, {"tab": "history"})
    assert actions(shown)[:2] == ["change_request.checking"] * 2
    assert signed_in(bob).get(page, {"tab": "history"}).status_code == 403
    assert "tab=history" not in signed_in(bob).get(page).text


def test_a_template_shows_what_was_done_to_it(
    anna: User, alice: User, cluster: Cluster, research: Team
) -> None:
    template = cluster.version.template
    record("template.archived", actor=alice, team=research, subject=template)
    page = reverse("configurations:template", args=[template.pk])
    assert "?tab=history" in signed_in(anna).get(page).text
    assert "template.archived" in actions(signed_in(anna).get(page, {"tab": "history"}))


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_members_who_do_not_read_the_audit_log_have_no_history(
    request: pytest.FixtureRequest, who: str, cluster: Cluster
) -> None:
    browser = signed_in(request.getfixturevalue(who))
    for page in (
        reverse("clusters:detail", args=[cluster.pk]),
        reverse("configurations:template", args=[cluster.version.template_id]),
    ):
        assert "tab=history" not in browser.get(page).text
        refused = browser.get(page, {"tab": "history"})
        assert refused.status_code == 403
        assert "You need the Admin role in Research." in refused.text


def test_a_cloud_and_a_user_show_theirs_to_site_admins(adam: User, anna: User, bob: User) -> None:
    cloud = make_cloud("aws", provider="aws", region="us-west-2")
    record("cloud.added", actor=adam, subject=cloud)
    record("user.deactivated", actor=adam, subject=bob, reason="Left.")
    cloud_page = reverse("clouds:history", args=[cloud.pk])
    user_page = reverse("accounts:user", args=[bob.pk])
    assert actions(signed_in(adam).get(cloud_page)) == ["cloud.added"]
    assert cloud_page in signed_in(adam).get(reverse("clouds:edit", args=[cloud.pk])).text
    assert actions(signed_in(adam).get(user_page, {"tab": "history"})) == ["user.deactivated"]
    assert signed_in(anna).get(cloud_page).status_code == 403
