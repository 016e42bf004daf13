"""The cost page: its sums, its days, and the way from all teams to one node."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.models import Team, User
from clusters.models import Cluster
from tests.insights.cast import HOUR
from tests.insights.reading import sign_in, table_of


@pytest.mark.parametrize("group", ["cluster", "template", "user", "group", "nonsense"])
def test_the_parts_of_the_cost_are_its_total(
    client: Client, bob: User, trainer: Cluster, group: str
) -> None:
    table = sign_in(client, bob).get(f"/insights/cost/?group={group}").context["table"]
    total = table.total
    assert total.total == 3 * 5 * 400_000
    assert total.total == total.used + total.idle + total.overhead + total.control
    assert sum(row.cost.total for row in table.groups) == total.total


def test_the_cost_as_csv_sums_to_the_page(client: Client, bob: User, trainer: Cluster) -> None:
    rows = table_of(sign_in(client, bob).get("/insights/cost/?format=csv"))
    assert {row["name"] for row in rows} == {trainer.name}
    assert sum(Decimal(row["total_usd"]) for row in rows) == Decimal(6)


def test_the_cost_of_one_cluster_names_its_nodes(
    client: Client, bob: User, trainer: Cluster
) -> None:
    page = sign_in(client, bob).get(f"/insights/cost/?cluster={trainer.pk}&group=node")
    names = {line.group.name for line in page.context["costs"].rows}
    assert names == {"head", "cpu-1", "cpu-2"}


def linked(page: Any, name: str) -> str:
    """Return where the row of that name in the cost table leads to."""
    (url,) = [line.url for line in page.context["costs"].rows if line.group.name == name]
    return f"/insights/cost/{url}"


def test_rows_lead_from_all_teams_to_a_node_and_each_sum_is_its_parent_s(
    client: Client, adam: User, trainer: Cluster
) -> None:
    sign_in(client, adam)
    page = client.get("/insights/cost/?team=all")
    total = page.context["table"].total.total
    assert total == 3 * 5 * 400_000
    for name, expected in (("Research", 1), ("train", 1), ("trainer", 1), ("cpu", 2 / 3)):
        page = client.get(linked(page, name))
        assert page.context["table"].total.total == total * expected
        sums = sum(line.group.cost.total for line in page.context["costs"].rows)
        assert sums == page.context["table"].total.total
    assert page.context["group_by"] == "node"
    labels = [label for label, _ in page.context["crumbs"]]
    assert labels == ["All teams", "Cost of Research", "train", "trainer"]
    for label, url in page.context["crumbs"]:
        assert client.get(f"/insights/cost/{url}").status_code == 200, label


def test_only_an_admin_of_the_installation_sees_all_teams(
    client: Client, bob: User, charlie: User, trainer: Cluster
) -> None:
    assert sign_in(client, bob).get("/insights/cost/?team=all").status_code == 403
    assert "All teams" not in client.get("/insights/cost/").text
    sign_in(client, charlie)
    template = trainer.version.template_id
    for place in (f"team={trainer.team_id}", f"template={template}", f"user={trainer.owner_id}"):
        assert client.get(f"/insights/cost/?{place}").status_code == 404, place


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-03-02&to=2026-03-01", "From (2026-03-02) is after to (2026-03-01)."),
        ("from=2026-02-30&to=2026-03-01", "&#x27;2026-02-30&#x27; (from) is not a date."),
        ("from=2026-03-01", "&#x27;to&#x27; is missing."),
        ("from=2000-01-01&to=2026-03-01", "Choose at most 1100 days."),
        ("from=2099-01-01&to=2099-03-01", "is in the future."),
        ("month=2026-13", "(month) is not a date."),
        ("month=march", "&#x27;march&#x27; is not a past month."),
    ],
)
def test_days_that_cannot_be_are_refused_with_the_reason(
    client: Client, bob: User, query: str, sentence: str
) -> None:
    answer = sign_in(client, bob).get(f"/insights/cost/?{query}")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "The last 30 days are shown." in answer.text


def test_a_month_and_a_custom_range_have_the_days_that_they_name(
    client: Client, bob: User, trainer: Cluster
) -> None:
    sign_in(client, bob)
    today = now().date()
    day = (now() - 5 * HOUR).date()
    page = client.get(f"/insights/cost/?from={day}&to={today}")
    assert page.context["table"].total.total == 3 * 5 * 400_000
    assert page.context["change"].is_new
    assert "new" in page.text
    page = client.get(f"/insights/cost/?month={today:%Y-%m}")
    assert (page.context["period"].first, page.context["period"].last) == (
        today.replace(day=1),
        today,
    )
    assert trainer.name


def test_headers_sort_the_cost_table(client: Client, bob: User, trainer: Cluster) -> None:
    sign_in(client, bob)
    url = f"/insights/cost/?cluster={trainer.pk}&group=node"

    def names(sort: str) -> list[str]:
        lines = client.get(f"{url}&sort={sort}").context["costs"].rows
        return [line.group.name for line in lines]

    assert names("name") == ["cpu-1", "cpu-2", "head"]
    assert names("-name") == ["head", "cpu-2", "cpu-1"]
    assert names("-control")[0] == "head"
    assert names("evil") == names("-total")


def test_all_teams_leave_the_sample_team_out_unless_it_is_chosen(
    client: Client, adam: User, trainer: Cluster
) -> None:
    client.force_login(adam)

    def total(query: str) -> int:
        return int(client.get(f"/insights/cost/?{query}").context["table"].total.total)

    real = total("team=all")
    of_team = total(f"team={trainer.team_id}")
    assert real == of_team > 0
    Team.objects.filter(pk=trainer.team_id).update(is_sample=True)
    assert total("team=all") == total("team=all&group=cluster") == 0
    assert total(f"team={trainer.team_id}") == of_team
