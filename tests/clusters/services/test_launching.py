"""What a version says of its groups and its price holds for the clusters launched from it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.errors import Invalid, WrongState
from accounts.models import Team, User
from clusters.models import Cluster
from clusters.scaling.scale import request_for
from configurations.models import Version
from configurations.services.templates import archive_template
from configurations.services.versions import archive_version
from domain.objective import Objective
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(version: Version, alice: User) -> Callable[[str], Version]:
    """Save alice's template with these lines more in Mobula's block."""
    from configurations.services.templates import save_version

    def saved(lines: str) -> Version:
        text = f"{TEXT}{lines}"
        found = save_version(version.template, text=text, base=1, message="More.", by=alice)
        return found.version

    return saved


def test_a_cap_on_the_price_stops_the_cluster_from_growing(
    written: Callable[[str], Version], launch: Callable[..., Cluster]
) -> None:
    head = Head(launch("capped", of=written("  max_usd_per_hour: 0.25\n")))
    head.pass_by()
    head.report()
    head.pass_by()
    head.wants(9, CPU=1.0)
    head.report()
    head.pass_by()
    # The head and one worker at $0.10 each; another would make it $0.30.
    assert len(head.nodes(role="worker")) == 1
    said = [decision.reason for decision in head.cluster.decisions.all()]
    assert any("would exceed the cap of $0.25/h" in reason for reason in said)


def test_a_group_has_its_own_idle_time(
    written: Callable[[str], Version], launch: Callable[..., Cluster]
) -> None:
    cluster = launch("patient", of=written("  groups: {cpu: {worker_idle_seconds: 600}}\n"))
    groups = list(cluster.groups.all())
    assert [g.idle_seconds for g in request_for(cluster, groups, []).groups] == [600]


@pytest.mark.parametrize("objective", Objective)
def test_the_planner_weighs_what_the_configuration_says(
    written: Callable[[str], Version], launch: Callable[..., Cluster], objective: Objective
) -> None:
    cluster = launch("weighed", of=written(f"  scaling: {{objective: {objective}}}\n"))
    groups = list(cluster.groups.all())
    assert request_for(cluster, groups, []).objective is objective


def test_a_cap_is_kept_to_the_cent(
    written: Callable[[str], Version], launch: Callable[..., Cluster]
) -> None:
    cluster = launch("capped", of=written("  max_usd_per_hour: 12.345\n"))
    cluster.refresh_from_db()
    assert cluster.max_usd_per_hour == Decimal("12.345")


def test_hardware_instead_of_a_name_finds_a_machine(
    version: Version, launch: Callable[..., Cluster], research: Team, alice: User
) -> None:
    from configurations.services.templates import create_template

    text = TEXT.replace(
        "    instance_type: small\n", "    required_resources: {CPU: 8, memory: 32Gi}\n"
    )
    other = create_template(team=research, name="by-need", text=text, message="First.", by=alice)
    cluster = launch("by-need", of=other)
    assert cluster.groups.get(name="cpu").instance_type == "large"


@pytest.mark.parametrize("name", ["", "Big", "1st", "a-", "a" * 41, "a b", "a\n"])
def test_name_that_a_cluster_cannot_have_is_refused(
    launch: Callable[..., Cluster], name: str
) -> None:
    with pytest.raises(Invalid, match="lowercase letters") as refusal:
        launch(name)
    assert refusal.value.field == "name"
    assert not Cluster.objects.exists()


def test_name_of_a_live_cluster_is_taken(launch: Callable[..., Cluster]) -> None:
    launch("one")
    with pytest.raises(Invalid, match="live cluster of that name") as refusal:
        launch("one")
    assert refusal.value.field == "name"


def test_archived_version_is_not_launched(
    version: Version, launch: Callable[..., Cluster], alice: User
) -> None:
    archive_version(version, by=alice)
    version.refresh_from_db()
    with pytest.raises(WrongState, match="train:1 is archived"):
        launch("late")


def test_version_of_an_archived_template_is_not_launched(
    version: Version, launch: Callable[..., Cluster], alice: User
) -> None:
    archive_template(version.template, by=alice)
    with pytest.raises(WrongState, match="is archived"):
        launch("late", of=Version.objects.get())


def test_a_worker_is_told_once_the_launch_is_committed(
    launch: Callable[..., Cluster],
    queued: list[str],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        cluster = launch()
        assert queued == []
    assert queued == [str(cluster.pk)]


def test_name_that_was_taken_meanwhile_is_refused_in_words(
    launch: object, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:

    check, seen = Cluster.validate_constraints, []

    def pass_once(row: Cluster, **options: object) -> None:
        seen.append(row)
        if len(seen) > 1:  # the first check came before the other launch
            check(row, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Cluster, "validate_constraints", pass_once)
    with pytest.raises(Invalid, match="live cluster of that name"):
        launch(cluster.name)  # type: ignore[operator]
