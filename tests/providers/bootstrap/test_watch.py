"""The watch of a machine: interruptions reach Mobula, and what nobody needs any more ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.providers.bootstrap.conftest import Machine
from tests.providers.bootstrap.nodes import HEAD, VARIATIONS, WORKER
from tests.providers.bootstrap.sandbox import Sandbox, eventually

SPOT = VARIATIONS["worker-spot-gpu-ecr"]
AT = "2026-11-29T18:00:00Z"
SHORT = replace(WORKER, silence=timedelta(minutes=20))


def spot(machine: Machine) -> Sandbox:
    box = machine(SPOT, programs=("docker", "nvidia-smi"))
    assert box.boot() == 0, box.log
    return box


def test_interruption_reaches_mobula_once(machine: Machine) -> None:
    spot(machine)
    assert machine.mobula.bodies("interruption") == []
    machine.metadata.interrupt(AT)
    eventually(lambda: machine.mobula.bodies("interruption"), what="the notice", seconds=10)
    reports = len(machine.mobula.bodies("report"))
    eventually(lambda: len(machine.mobula.bodies("report")) > reports + 1, what="signs of life")
    assert machine.mobula.bodies("interruption") == [{"at": AT}]


def test_interruption_is_told_until_mobula_has_heard_it(machine: Machine) -> None:
    spot(machine)
    machine.mobula.statuses["interruption"] = 503
    machine.metadata.interrupt(AT)
    eventually(lambda: len(machine.mobula.bodies("interruption")) > 2, what="three tries")
    machine.mobula.statuses.clear()
    eventually(lambda: machine.mobula.bodies("interruption")[-1] == {"at": AT}, what="the notice")


def test_on_demand_machine_asks_for_no_interruption(machine: Machine) -> None:
    box = machine(WORKER)
    box.boot()
    eventually(lambda: len(machine.mobula.bodies("report")) > 10, what="signs of life")
    assert "spot/instance-action" not in machine.metadata.asked


def test_machine_ends_after_its_lifetime_though_it_works(machine: Machine) -> None:
    box = machine(replace(WORKER, lifetime=timedelta(minutes=30)))
    (box.path / "processes").write_text("100 ray::train\n")
    box.boot()
    assert not box.ended
    eventually(lambda: box.ended, what="its end", seconds=60)
    assert box.ended == "Mobula: Its maximum lifetime has passed."


def test_machine_that_never_joins_ends(machine: Machine) -> None:
    machine.mobula.away = 1_000_000
    box = machine(SHORT)
    box.boot_in_background()
    eventually(lambda: box.ended, what="its end", seconds=90)
    assert "Mobula has not answered for 20 minutes" in box.ended


def test_idle_machine_ends_when_mobula_is_silent_for_long(machine: Machine) -> None:
    box = machine(SHORT)
    box.boot()
    (box.path / "processes").write_text(
        "7 ray::IDLE\n8 ray::DashboardAgent\n9 ray::IDLE_SpillWorker\n"
    )
    machine.mobula.away = 1_000_000
    eventually(lambda: box.ended, what="its end", seconds=90)
    assert "Ray is idle and Mobula has not answered for 20 minutes" in box.ended


def test_machines_that_work_go_on_without_mobula(machine: Machine) -> None:
    boxes = [machine(SHORT), machine(SHORT)]
    for box, work in zip(boxes, ["ray::train", "ray::Actor.step"], strict=True):
        (box.path / "processes").write_text(f"7 {work}\n8 ray::IDLE\n")
        box.boot()
    machine.mobula.away = 1_000_000
    go_on_until_let_go(boxes, "processes", "8 ray::IDLE\n")


def test_heads_go_on_while_another_machine_is_connected(machine: Machine) -> None:
    head, own = replace(HEAD, silence=SHORT.silence), "10.0.0.9:40001\n127.0.0.1:40002\n"
    boxes = [machine(head), machine(head)]
    for box, peer in zip(boxes, ["10.0.0.17:40000", "[::ffff:10.0.0.17]:40000"], strict=True):
        (box.path / "peers").write_text(f"{peer}\n{own}")
        box.boot()
    machine.mobula.away = 1_000_000
    go_on_until_let_go(boxes, "peers", own)


def go_on_until_let_go(boxes: list[Sandbox], file: str, idle: str) -> None:
    """Expect machines to outlast Mobula's silence, and to end once `file` says they are idle."""
    before = boxes[-1].now()
    eventually(lambda: boxes[-1].now() - before > 28 * 60, what="28 minutes", seconds=120)
    for box in boxes:
        assert not box.ended
        (box.path / file).write_text(idle)
    for box in boxes:
        eventually(lambda box=box: box.ended, what="its end", seconds=90)


def test_machine_whose_node_has_ended_ends(machine: Machine) -> None:
    box = machine(WORKER)
    box.boot()
    machine.mobula.statuses["report"] = 410
    eventually(lambda: box.ended, what="its end", seconds=60)
    assert box.ended == "Mobula: Mobula no longer needs it."


def test_end_of_ray_is_reported_once(machine: Machine) -> None:
    box = machine(WORKER)
    box.boot()
    box.end_container("mobula-ray")
    eventually(lambda: machine.mobula.phases()[-1] == ("ray", "failed"), what="the end of Ray")
    eventually(lambda: len(machine.mobula.bodies("report")) > 10, what="signs of life")
    assert machine.mobula.phases().count(("ray", "failed")) == 1


def test_watch_that_is_killed_goes_on_where_it_was(machine: Machine) -> None:
    box = machine(replace(WORKER, lifetime=timedelta(minutes=30)))
    box.boot()
    born = (box.root / "var/lib/mobula/born").read_text()
    box.end_container("watch")
    box.restart_watch()
    assert (box.root / "var/lib/mobula/born").read_text() == born
    eventually(lambda: box.ended, what="its end", seconds=90)
    assert box.now() - int(born) < 40 * 60
