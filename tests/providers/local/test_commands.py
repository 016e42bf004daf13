"""How a node's command line and environment are made."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.demand import Resources
from domain.lifecycle import NodeRole
from providers.base import (
    ClusterRef,
    InvalidRequest,
    NodeSpec,
    RayImage,
)
from providers.local.commands import (
    NodePaths,
    keeper_request,
    resource_flags,
)
from providers.local.directories import (
    LONGEST_RAY_PATH,
    ClusterDirectory,
    make_private,
    ray_directories,
)
from providers.local.offerings import local_offerings
from providers.local.ports import free_ports, node_address
from providers.ray_options import labels_flag, parse_version
from tests.providers.sites import make_stand_in

GIB = 2**30


def worker(resources: Resources, *, size: str = "2CPU-4GB") -> NodeSpec:
    return NodeSpec(
        name="c1-2", role=NodeRole.WORKER, group="cpu", instance_type=size, resources=resources
    )


def request_for(spec: NodeSpec, image: RayImage, *, ray_token: str = "") -> dict[str, Any]:
    cluster = ClusterRef(
        cluster_id="1", handle="c1", name="demo", region="", image=image, ray_token=ray_token
    )
    directory = ClusterDirectory(Path("/srv/c1"))
    place = NodePaths(
        cluster=directory,
        node=directory.node(spec.name),
        ray_directories=Path("/srv/.r"),
        head_address="127.1.1.1:20001",
    )
    return dict(keeper_request(cluster, spec, place))


@pytest.mark.parametrize(
    ("version", "flag"),
    [("2.8.0", '--labels={"a": "1", "b": "2"}'), ("2.60.0", "--labels=a=1,b=2")],
)
def test_labels_have_the_form_that_this_ray_reads(version: str, flag: str) -> None:
    assert labels_flag({"a": "1", "b": "2"}, parse_version(version)) == (flag,)
    assert labels_flag({}, parse_version(version)) == ()


def test_a_version_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="'nightly' is not a Ray version"):
        parse_version("nightly")


def test_the_size_fills_in_what_the_group_does_not_say() -> None:
    assert resource_flags(worker({}, size="4CPU-16GB-1GPU"))[:3] == (
        "--num-cpus=4",
        "--num-gpus=1",
        f"--memory={16 * GIB}",
    )


def test_the_groups_own_resources_win_over_the_size() -> None:
    flags = resource_flags(worker({"CPU": 0, "GPU": 3, "memory": GIB, "licence": 2.5}))
    assert flags[:3] == ("--num-cpus=0", "--num-gpus=3", f"--memory={GIB}")
    assert flags[-1] == '--resources={"licence": 2.5}'


def test_an_object_store_that_ray_would_refuse_is_enlarged() -> None:
    assert f"--object-store-memory={80 * 2**20}" in resource_flags(
        worker({"object_store_memory": 1})
    )


@pytest.mark.parametrize("amount", [0.5, -1])
def test_a_part_of_a_cpu_is_refused_with_the_group_and_the_value(amount: float) -> None:
    with pytest.raises(InvalidRequest, match=f"Group cpu: CPU is {amount:g}"):
        resource_flags(worker({"CPU": amount}))


def test_an_unknown_size_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match=r"Unknown local size 'huge'\. Sizes: 1CPU-2GB, "):
        resource_flags(worker({}, size="huge"))


@pytest.mark.parametrize(
    ("version", "token", "mode"),
    [
        ("2.60.0", "secret", "token"),
        ("2.60.0", "", "disabled"),
        ("2.40.0", "secret", "disabled"),
    ],
)
def test_the_authentication_mode_is_always_said(
    tmp_path: Path, version: str, token: str, mode: str
) -> None:
    image = make_stand_in(tmp_path / "bin", version=version)
    request = request_for(worker({}), image, ray_token=token)
    assert request["environment"]["RAY_AUTH_MODE"] == mode
    assert "secret" not in str(request)


def test_a_worker_joins_its_head_under_our_name_and_group(tmp_path: Path) -> None:
    request = request_for(worker({}), make_stand_in(tmp_path / "bin"))
    assert "--address=127.1.1.1:20001" in request["command"]
    assert "--head" not in request["command"]
    assert request["environment"]["RAY_CLOUD_INSTANCE_ID"] == "c1-2"
    assert request["environment"]["RAY_NODE_TYPE_NAME"] == "cpu"
    assert request["agent_command"] == []


def test_no_two_ports_of_two_heads_are_the_same(tmp_path: Path) -> None:
    image = make_stand_in(tmp_path / "bin")
    head = replace(worker({}), role=NodeRole.HEAD)
    flags = [flag for _ in range(2) for flag in request_for(head, image)["command"]]
    ports = [flag.partition("port=")[2] for flag in flags if "port=" in flag]
    chosen = [port for port in ports if port != "0"]
    assert len(chosen) == 6
    assert len(set(chosen)) == 6


def test_an_old_ray_starts_alone_and_a_new_one_as_the_cores_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    new = make_stand_in(tmp_path / "new")
    old = make_stand_in(tmp_path / "old", version="2.52.1")
    assert request_for(worker({}), old)["turns"] == ["/srv/c1/turn"]
    assert request_for(worker({}), new)["turns"] == [f"/srv/.turn-{n}" for n in range(3)]


def test_free_ports_are_distinct_and_outside_the_systems_own_range() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(20000 <= port < 32000 for port in ports)


def test_an_address_belongs_to_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert node_address("c1-1") == node_address("c1-1")
    assert len({node_address(f"c1-{n}") for n in range(100)}) == 100
    assert all(node_address(f"c1-{n}").startswith("127.") for n in range(100))


@pytest.mark.parametrize("root", ["/srv/mobula/local", "/home/somebody/with/a/long/path/var/local"])
def test_sockets_fit_into_the_ray_directory_whatever_the_home(root: str) -> None:
    longest_name = "a1b2c3d4-999"
    assert len(str(ray_directories(Path(root)) / longest_name)) <= LONGEST_RAY_PATH


def test_two_homes_do_not_share_their_ray_directories() -> None:
    first, second = (ray_directories(Path(f"/home/{who}/mobula/var/local")) for who in "ab")
    assert first != second


def test_a_ray_directory_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shared"
    path.mkdir()
    path.chmod(0o755)
    with pytest.raises(InvalidRequest, match="mode 0700"):
        make_private(path)


def test_local_sizes_have_no_price_of_their_own() -> None:
    offerings = local_offerings("here")
    kinds = {(one.instance_type, one.zone, one.market) for one in offerings}
    assert len(kinds) == len(offerings)
    assert {(one.zone, one.market.value) for one in offerings} == {
        (zone, market) for zone in ("local-a", "local-b") for market in ("on_demand", "spot")
    }
    assert {offering.hourly_usd for offering in offerings} == {None}
    assert {offering.region for offering in offerings} == {"here"}
