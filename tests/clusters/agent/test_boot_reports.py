"""What a machine says of its start and of its end is stored, and has its effect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from clusters.models import Command, Event, Node
from clusters.queries.node_logs import log_view
from clusters.queries.timeline import phases
from tests.clusters.agent.machine import PaperMachine
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def joined(node: Node) -> PaperMachine:
    Node.objects.filter(pk=node.pk).update(address="10.0.0.9")
    node.refresh_from_db()
    machine = PaperMachine(node)
    assert machine.join().status_code == 200
    return machine


@pytest.fixture
def machine(head: Head) -> PaperMachine:
    """The machine of a worker that starts."""
    head.wants(1, CPU=1)
    head.report()
    head.pass_by()
    return joined(head.nodes()[0])


def seen(machine: PaperMachine) -> list[tuple[str, str]]:
    machine.node.refresh_from_db()
    return [(phase.label, phase.state) for phase in phases(machine.node, now())]


def test_steps_stand_in_the_startup_time(machine: PaperMachine) -> None:
    assert seen(machine)[-2:] == [("Ray boot", "now"), ("Ready", "todo")]
    assert machine.report(("boot", "began")).status_code == 200
    assert seen(machine)[2:] == [("Boot", "now"), ("Ready", "todo")]
    steps = [("boot", "began"), ("boot", "done"), ("disk", "began"), ("disk", "done")]
    machine.report(*steps, ("pull", "began"))
    assert seen(machine)[2:] == [
        ("Boot", "done"), ("Disks", "done"), ("Image", "now"), ("Ready", "todo"),
    ]  # fmt: skip


def test_steps_have_their_own_lengths(machine: PaperMachine) -> None:
    Node.objects.update(requested_at=now() - timedelta(minutes=10))
    began = now().timestamp() - 100
    items = [
        {"phase": "pull", "state": "began", "at": str(began)},
        {"phase": "pull", "state": "done", "at": str(began + 42)},
    ]
    machine.post("report", {"phases": items})
    machine.node.refresh_from_db()
    (image,) = [step for step in phases(machine.node, now()) if step.label == "Image"]
    assert image.seconds == pytest.approx(42)


def test_clock_of_a_machine_may_be_wrong(machine: PaperMachine) -> None:
    for at in (0, 4e9):
        machine.report(("boot", "began"), at=at)
        machine.node.refresh_from_db()
        (boot,) = [step for step in phases(machine.node, now()) if step.label == "Boot"]
        assert boot.seconds is not None
        assert 0 <= boot.seconds < 60


def test_failed_step_ends_the_node_with_the_last_lines_of_its_log(
    machine: PaperMachine, head: Head
) -> None:
    log = "Pulling\nError response from daemon: manifest unknown"
    machine.report(("pull", "began"), ("pull", "failed"), log=log)
    head.pass_by()
    machine.node.refresh_from_db()
    assert machine.node.state in {"terminating", "terminated"}
    assert machine.node.end_cause == "start failed"
    assert "manifest unknown" in machine.node.end_reason
    assert machine.node.end_reason.startswith("Pulling the image failed.")
    assert seen(machine)[2] == ("Image", "failed")
    view = log_view(machine.node)
    assert view.file is not None
    assert view.file.name == "start.log"
    event = Event.objects.get(kind="node.start_failed")
    assert event.message == "The container image could not be pulled."


def test_tokens_in_a_log_are_masked(machine: PaperMachine, head: Head) -> None:
    machine.report(("join", "failed"), log=f"token {head.token} was refused")
    machine.node.refresh_from_db()
    assert head.token not in machine.node.fault
    text = "".join(machine.node.log_files.get().pieces.values_list("text", flat=True))
    assert "token *" in text


def test_ray_that_ends_on_a_ready_node_loses_it(machine: PaperMachine, head: Head) -> None:
    head.report()
    machine.node.refresh_from_db()
    assert machine.node.state == "ready"
    machine.report(("ray", "failed"), log="out of memory")
    head.silent.add(machine.node.name)
    head.pass_by()
    machine.node.refresh_from_db()
    assert machine.node.end_cause == "lost"


def test_interruption_drains_the_node(machine: PaperMachine, head: Head, queued: list[str]) -> None:
    head.report()
    queued.clear()
    at = now() + timedelta(seconds=120)
    for _ in range(2):
        assert machine.post("interruption", {"at": at.isoformat()}).status_code == 200
    assert queued == [] or set(queued) == {str(head.cluster.pk)}
    head.cluster.refresh_from_db()
    assert head.cluster.wake_at <= now()
    head.pass_by()
    head.pass_by()
    machine.node.refresh_from_db()
    assert machine.node.state == "draining"
    assert machine.node.end_cause == "interrupted"
    assert machine.node.drain_deadline == at - timedelta(seconds=5)
    command = Command.objects.get(kind="drain")
    assert command.body["reason"] == "preemption"
    assert Event.objects.filter(kind="spot.interruption_notice").count() == 1


@pytest.mark.parametrize("at", ["", "soon", "2026-01-01T00:00:00", None, ["x"]])
def test_interruption_without_a_time_is_refused(machine: PaperMachine, at: object) -> None:
    answer = machine.post("interruption", {"at": at})
    assert answer.status_code == 400
    assert "at is" in answer.json()["error"]


def test_interruption_far_away_is_taken_as_soon(machine: PaperMachine) -> None:
    machine.post("interruption", {"at": "2999-01-01T00:00:00Z"})
    machine.node.refresh_from_db()
    assert machine.node.interruption_at <= now() + timedelta(hours=1)


@pytest.mark.parametrize(
    "phases",
    [
        None,
        "boot",
        ["boot"],
        [{"phase": "party", "state": "done", "at": "1"}],
        [{"phase": ["boot"], "state": "done", "at": "1"}],
        [{"phase": "boot", "state": "over", "at": "1"}],
        [{"phase": "boot", "state": "done"}],
        [{"phase": "boot", "state": "done", "at": "nan"}],
        [{"phase": "boot", "state": "done", "at": "1e300"}],
    ],
)
def test_report_that_makes_no_sense_is_refused_whole(machine: PaperMachine, phases: object) -> None:
    assert machine.post("report", {"phases": phases}).status_code == 400
    machine.node.refresh_from_db()
    assert machine.node.startup == []


def test_report_without_news_writes_nothing(
    machine: PaperMachine, django_assert_num_queries: object
) -> None:
    machine.report(("boot", "began"))
    with django_assert_num_queries(1) as queries:  # type: ignore[operator]
        machine.report(("boot", "began"))
    assert "UPDATE" not in str(queries.captured_queries)
