"""What goes wrong on a machine: tried again, reported with its last lines, or the machine ends."""

from __future__ import annotations

import pytest

from tests.providers.bootstrap.conftest import Machine
from tests.providers.bootstrap.nodes import HEAD, VARIATIONS, WORKER
from tests.providers.bootstrap.sandbox import eventually


def test_metadata_service_that_is_slow_is_waited_for(machine: Machine) -> None:
    machine.metadata.silent = 3
    box = machine(WORKER)
    assert box.boot() == 0, box.log
    assert machine.mobula.phases()[-1] == ("join", "done")


def test_machine_without_metadata_service_ends(machine: Machine) -> None:
    machine.metadata.silent = 10_000
    box = machine(WORKER)
    assert box.boot() == 1
    assert box.ended == "Mobula: It could not join its cluster."
    assert "The metadata service does not answer." in box.log
    assert machine.mobula.requests == []


@pytest.mark.parametrize("manager", ["apt-get", "dnf"])
def test_docker_that_cannot_be_installed_is_reported(machine: Machine, manager: str) -> None:
    box = machine(WORKER, programs=(manager,) if manager == "dnf" else ())
    if manager == "dnf":
        box.remove("apt-get")
    box.fail(f"{manager} .*install", text="E: Unable to locate package docker")
    assert box.boot() == 1
    assert machine.mobula.phases() == [("boot", "began"), ("boot", "failed")]
    assert "Unable to locate package docker" in machine.mobula.failure()
    assert sum("install" in call for call in box.calls) == 4


def test_package_lists_that_fail_twice_do_no_harm(machine: Machine) -> None:
    box = machine(WORKER, programs=())
    box.fail("apt-get .*update", text="Temporary failure resolving", times=2)
    assert box.boot() == 0, box.log


def test_image_that_cannot_be_pulled_is_reported_with_the_last_lines(machine: Machine) -> None:
    box = machine(WORKER)
    box.fail("docker pull", text="Error response from daemon: manifest unknown")
    assert box.boot() == 1
    assert machine.mobula.phases()[-1] == ("pull", "failed")
    assert "manifest unknown" in machine.mobula.failure()
    assert sum(call.startswith("docker pull") for call in box.calls) == 4
    assert not box.ended  # Mobula knows, and removes it


def test_registry_that_is_busy_once_does_no_harm(machine: Machine) -> None:
    box = machine(WORKER)
    box.fail("docker pull", text="toomanyrequests", times=2)
    assert box.boot() == 0, box.log


def test_login_is_fetched_for_each_try(machine: Machine) -> None:
    box = machine(VARIATIONS["worker-private-registry"])
    box.fail("docker pull", text="unauthorized: token expired", times=1)
    assert box.boot() == 0, box.log
    assert len(machine.mobula.bodies("registry")) == 2


def test_registry_without_login_is_reported(machine: Machine) -> None:
    machine.mobula.statuses["registry"] = 404
    box = machine(VARIATIONS["worker-private-registry"])
    assert box.boot() == 1
    assert machine.mobula.phases()[-1] == ("pull", "failed")
    assert "Mobula gave no login to the registry (404)" in machine.mobula.failure()


@pytest.mark.parametrize("call", ["mdadm", "mkfs.ext4", "mount"])
def test_disk_that_fails_is_reported(machine: Machine, call: str) -> None:
    from tests.providers.bootstrap.test_boot import disks

    box = machine(WORKER)
    disks(box, 2)
    box.fail(f"^{call} ", text=f"{call}: Input/output error")
    assert box.boot() == 1
    assert machine.mobula.phases()[-1] == ("disk", "failed")
    assert "Input/output error" in machine.mobula.failure()


def test_image_without_driver_is_named(machine: Machine) -> None:
    box = machine(VARIATIONS["worker-spot-gpu-ecr"], programs=("docker", "nvidia-smi"))
    box.fail("nvidia-smi", text="NVIDIA-SMI has failed")
    assert box.boot() == 1
    assert "no working NVIDIA driver" in machine.mobula.failure()


def test_ray_that_ends_at_once_is_reported_with_what_it_said(machine: Machine) -> None:
    box = machine(WORKER)
    box.environment["SANDBOX_RAY_SAYS"] = "ValueError: Can't find a `node_ip_address.json`"
    assert box.boot() == 1
    # It ends before or after it is seen to run, as this machine's load will have it.
    assert machine.mobula.phases()[-1] in {("join", "failed"), ("ray", "failed")}
    assert "node_ip_address.json" in machine.mobula.failure()


def test_agent_that_is_not_handed_out_is_reported(machine: Machine) -> None:
    machine.mobula.statuses["agent"] = 500
    box = machine(HEAD)
    assert box.boot() == 1
    assert "did not hand out the head agent (500)" in machine.mobula.failure()


def test_mobula_that_is_away_is_waited_for(machine: Machine) -> None:
    machine.mobula.away = 6
    box = machine(WORKER)
    assert box.boot() == 0, box.log
    assert machine.mobula.phases()[-1] == ("join", "done")


def test_report_that_was_lost_comes_with_the_next(machine: Machine) -> None:
    machine.mobula.statuses["report"] = 503
    box = machine(WORKER)
    assert box.boot() == 0, box.log
    machine.mobula.statuses.clear()
    machine.mobula.requests.clear()
    eventually(lambda: machine.mobula.phases()[-1:] == [("join", "done")], what="all steps")
    assert len(machine.mobula.phases()) == 8


@pytest.mark.parametrize("status", [401, 403, 410])
def test_machine_that_is_not_accepted_ends(machine: Machine, status: int) -> None:
    machine.mobula.statuses["join"] = status
    box = machine(WORKER)
    assert box.boot() == 1
    assert box.ended == "Mobula: Mobula refused it."
    assert len(machine.mobula.bodies("join")) == 1
    assert not any(call.startswith("docker run") for call in box.calls)
