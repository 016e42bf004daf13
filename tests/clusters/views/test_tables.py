"""The tables of a cluster's page: sorted, in pages, and never a 500 for what an address holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clusters.models import Job
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

ROWS = 60
PREFIXES = ("", "ended-", "decisions-")
type Opened = Callable[..., Any]


@pytest.fixture
def opened(head: Head, alice: Any) -> Opened:
    """Open a tab of the cluster's page as alice; answers the context."""
    client = Client()
    client.force_login(alice)

    def get(tab: str, **parameters: str) -> Any:
        url = reverse("clusters:detail", args=[head.cluster.pk])
        answer = client.get(url, {"tab": tab, **parameters})
        assert answer.status_code == 200
        return answer

    return get


@pytest.fixture
def jobs(head: Head) -> list[Job]:
    """More jobs than a page holds."""
    return Job.objects.bulk_create(
        Job(
            cluster=head.cluster,
            run=head.cluster.run,
            submission_id=f"j{number:02}",
            log_bytes=(number * 7) % ROWS,
            status="RUNNING" if number % 2 else "FAILED",
        )
        for number in range(ROWS)
    )


@pytest.mark.usefixtures("jobs")
def test_jobs_are_sorted_in_pages_and_the_poll_keeps_both(opened: Opened) -> None:
    first = opened("jobs", sort="-log")
    sizes = [job.log_bytes for job in first.context["jobs"].rows]
    assert sizes == list(range(59, 9, -1))
    place = first.context["jobs"].next_url.partition("after=")[2]
    second = opened("jobs", sort="-log", after=place.replace("%3A", ":"), part="live")
    assert [job.log_bytes for job in second.context["jobs"].rows] == list(range(9, -1, -1))
    assert f"sort=-log&amp;after={place}&amp;part=live" in second.text
    assert "part=live" not in second.context["jobs"].headings[0].url


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("tab", ["overview", "nodes", "scaling", "jobs", "events"])
def test_any_order_and_place_of_an_address_is_answered(opened: Opened, tab: str) -> None:
    for sort in ("", "-", "password", "-pk", "by", "-duration", "started"):
        wrong = {"sort": sort, "after": "x:y", "before": "<b>"}
        opened(tab, **{f"{prefix}{key}": wrong[key] for prefix in PREFIXES for key in wrong})


@pytest.mark.usefixtures("jobs")
def test_jobs_are_filtered_by_status_in_the_address(opened: Opened, head: Head, alice: Any) -> None:
    def shown(status: str) -> set[str]:
        return {job.status for job in opened("jobs", status=status).context["jobs"].rows}

    assert shown("FAILED") == {"FAILED"}
    assert shown("active") == {"RUNNING"}
    assert shown("") == shown("evil") == {"FAILED", "RUNNING"}
    assert "No jobs of this status" in opened("jobs", status="STOPPED").text
    client = Client()
    client.force_login(alice)
    url = reverse("clusters:csv", args=[head.cluster.pk, "jobs"])
    assert len(client.get(url, {"status": "FAILED"}).text.splitlines()) == 1 + ROWS // 2


@pytest.mark.usefixtures("jobs")
def test_the_csv_is_sorted_as_the_table_is(head: Head, alice: Any) -> None:
    client = Client()
    client.force_login(alice)
    url = reverse("clusters:csv", args=[head.cluster.pk, "jobs"])
    text = client.get(url, {"tab": "jobs", "sort": "-log", "after": "x"}).text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["job"] for row in rows][:2] == ["j17", "j34"]
    assert len(rows) == ROWS
