"""User data is carried out: what a machine does from its first boot until Ray has started."""

from __future__ import annotations

import json
import stat
from dataclasses import replace

import pytest

from providers.bootstrap.node import BootNode, Registry
from tests.providers.bootstrap.conftest import Machine
from tests.providers.bootstrap.mobula_double import AGENT_TOKEN, JOIN_TOKEN, RAY_TOKEN
from tests.providers.bootstrap.nodes import DIGEST, HEAD, VARIATIONS, WORKER
from tests.providers.bootstrap.sandbox import Sandbox

DONE = [
    (step, state) for step in ("boot", "disk", "pull", "join") for state in ("began", "done")
]  # fmt: skip


@pytest.mark.parametrize("node", VARIATIONS.values(), ids=VARIATIONS.keys())
@pytest.mark.parametrize("has_dnf", [False, True], ids=["debian", "amazon linux"])
def test_every_variation_boots_and_reports_each_step(
    machine: Machine, node: BootNode, has_dnf: bool
) -> None:
    programs = ("nvidia-smi",) if node.has_gpu else ()
    box = machine(node, programs=programs)
    if has_dnf:
        box.remove("apt-get")
        box.add("dnf")
    assert box.boot() == 0, box.log
    assert machine.mobula.phases() == DONE
    assert f"docker pull --quiet {node.image}" in box.calls
    assert not box.ended
    installed = [call for call in box.calls if "install" in call]
    assert installed
    assert all(call.startswith("dnf" if has_dnf else "apt-get") for call in installed)


def test_ray_starts_as_the_node_that_mobula_named(machine: Machine) -> None:
    machine.mobula.joined |= {"node": "c4f1-7", "head": "10.0.0.4:6379"}
    box = machine(WORKER)
    box.boot()
    ray = box.container("mobula-ray")
    assert ray["words"] == [
        f"rayproject/ray@{DIGEST}", "start", "--block", "--num-cpus=16",
        '--resources={"fast disk": 1.0}',
        "--labels=ray.io/market-type=on-demand,team=research",
        "--node-ip-address=10.0.0.9", "--node-name=c4f1-7", "--address=10.0.0.4:6379",
    ]  # fmt: skip
    assert ray["--network"] == ["host"]
    assert "nofile=1048576:1048576" in ray["--ulimit"]
    assert int(ray["--shm-size"][0]) > 100 * 2**20
    assert "RAY_CLOUD_INSTANCE_ID=c4f1-7" in ray["--env"]
    assert "RAY_AUTH_MODE=token" in ray["--env"]


def test_head_has_its_agent_in_a_container_of_its_own(machine: Machine) -> None:
    box = machine(HEAD)
    box.boot()
    agent = box.container("mobula-agent")
    assert agent["--user"] == ["0"]
    given = json.loads((box.root / "var/lib/mobula/agent/agent.json").read_text())
    assert given["token"] == AGENT_TOKEN
    assert given["gcs_address"] == "10.0.0.9:6379"
    assert given["dashboard_url"] == "http://127.0.0.1:8265"
    # What runs on Ray sees Ray's own token, and none of Mobula's.
    mounts = box.container("mobula-ray")["--volume"]
    sources = [mount.split(":")[0] for mount in mounts]
    assert str(box.root / "var/lib/mobula/ray-token") in sources
    assert not any("agent" in source or source.endswith("mobula") for source in sources)
    assert AGENT_TOKEN not in str(box.container("mobula-ray"))


def test_worker_has_no_agent(machine: Machine) -> None:
    box = machine(WORKER)
    box.boot()
    assert not (box.path / "containers/mobula-agent.json").exists()


def test_join_token_is_shown_once_and_then_gone(machine: Machine) -> None:
    machine.metadata.pages["ami-launch-index"] = "7"
    box = machine(WORKER)
    box.boot()
    keys = {path: key for path, key, _ in machine.mobula.requests}
    (body,) = machine.mobula.bodies("join")
    assert keys["join"] == JOIN_TOKEN
    assert (body["index"], body["address"], body["instance"]) == ("7", "10.0.0.9", "i-" + "0" * 17)
    assert keys["report"] == body["secret"] != JOIN_TOKEN
    assert JOIN_TOKEN not in (box.root / "etc/mobula/node.env").read_text()
    for file in (box.root / "var/lib/mobula").rglob("*"):
        assert not file.is_file() or JOIN_TOKEN not in file.read_text(errors="replace")


def test_secrets_are_for_root_alone_and_in_no_log_or_argument(machine: Machine) -> None:
    box = machine(replace(HEAD, registry=Registry.MOBULA))
    box.boot()
    assert machine.mobula.bodies("registry")
    assert not (box.root / "var/lib/mobula/docker").exists()
    (body,) = machine.mobula.bodies("join")
    said = box.log + "\n".join(box.calls)
    for secret in (JOIN_TOKEN, RAY_TOKEN, AGENT_TOKEN, "canary", body["secret"]):
        assert secret not in said
    assert stat.S_IMODE((box.root / "var/lib/mobula").stat().st_mode) == 0o700
    assert stat.S_IMODE((box.root / "etc/mobula/node.env").stat().st_mode) == 0o600


def test_ecr_is_asked_with_the_role_of_the_machine(machine: Machine) -> None:
    box = machine(VARIATIONS["worker-spot-gpu-ecr"], programs=("docker", "nvidia-smi"))
    box.fail("docker pull", text="no basic auth credentials")
    box.boot()
    config = json.loads((box.root / "var/lib/mobula/docker/config.json").read_text())
    assert config == {"credHelpers": {"123456789012.dkr.ecr.us-west-2.amazonaws.com": "ecr-login"}}


def test_gpus_are_passed_on(machine: Machine) -> None:
    box = machine(VARIATIONS["worker-spot-gpu-ecr"], programs=("docker", "nvidia-smi"))
    box.boot()
    assert box.container("mobula-ray")["--gpus"] == ["all"]
    assert "nvidia-ctk runtime configure --runtime=docker" in box.calls
    assert (box.root / "etc/apt/sources.list.d/nvidia.list").exists()


def disks(box: Sandbox, count: int) -> list[str]:
    """Give the machine local disks, as udev names them: by two names, and with partitions."""
    folder = box.root / "dev/disk/by-id"
    folder.mkdir(parents=True)
    found = []
    for number in range(1, count + 1):
        device = box.root / f"dev/nvme{number}n1"
        device.touch()
        found.append(str(device))
        name = f"nvme-Amazon_EC2_NVMe_Instance_Storage_AWS{number}"
        for link in (name, f"{name}-ns-1", f"{name}-part1"):
            (folder / link).symlink_to(device)
    (folder / "nvme-Amazon_Elastic_Block_Store_vol1").symlink_to(box.root / "dev/nvme0n1")
    return found


@pytest.mark.parametrize("count", [0, 1, 3])
def test_local_disks_become_one(machine: Machine, count: int) -> None:
    box = machine(WORKER)
    found = disks(box, count)
    assert box.boot() == 0, box.log
    calls = [call for call in box.calls if call.split()[0] in {"mdadm", "mkfs.ext4", "mount"}]
    local = box.root / "mnt/local_storage"
    device = found[0] if count == 1 else "/dev/md0"
    expected = [f"mkfs.ext4 -q -F -m 0 -E nodiscard {device}", f"mount -o noatime {device} {local}"]
    if count == 3:
        raid = f"--run --level=0 --raid-devices=3 {' '.join(found)}"
        expected.insert(0, f"mdadm --create /dev/md0 {raid}")
    assert calls == (expected if count else [])
    assert f"{local}:/mnt/local_storage" in box.container("mobula-ray")["--volume"]
    assert stat.S_IMODE(local.stat().st_mode) == 0o1777
