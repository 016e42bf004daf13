"""The local driver with real Ray: two clusters side by side on this machine."""

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from providers.base import ClusterRef, HeadEndpoints, MachinePhase, NodeSpec
from tests.providers.conftest import make_site
from tests.providers.sites import Site, eventually

pytestmark = pytest.mark.ray


@dataclass(frozen=True, kw_only=True)
class RayCluster:
    """A real cluster with a head and one worker."""

    site: Site
    ref: ClusterRef
    endpoints: HeadEndpoints

    @property
    def worker(self) -> NodeSpec:
        return labelled(self.site.worker(2))


def labelled(worker: NodeSpec) -> NodeSpec:
    return replace(worker, resources={"CPU": 2, "licence": 3}, labels={"tier": "gold"})


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RayCluster, RayCluster]]:
    sites = [make_site("local with Ray", tmp_path_factory.mktemp("home")) for _ in range(2)]
    refs = [replace(site.cluster, ray_token=f"token of {site.handle}") for site in sites]
    try:
        for site, ref in zip(sites, refs, strict=True):
            site.driver.prepare(ref)
            site.driver.launch(ref, [replace(site.head(), resources={"CPU": 0})])
        first, second = (_with_worker(*pair) for pair in zip(sites, refs, strict=True))
        yield first, second
    finally:
        for site in sites:
            site.close()


def _with_worker(site: Site, ref: ClusterRef) -> RayCluster:
    endpoints = site.wait_for(site.head().name, MachinePhase.RUNNING).endpoints
    assert endpoints
    cluster = RayCluster(site=site, ref=ref, endpoints=endpoints)
    site.driver.launch(ref, [cluster.worker])
    return cluster


def ray_nodes(cluster: RayCluster, token: str) -> dict[str, dict[str, Any]]:
    """The nodes that Ray itself says are alive, by name; none while it does not answer."""
    request = urllib.request.Request(
        f"{cluster.endpoints.dashboard_url}/api/v0/nodes?detail=true",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.load(answer)["data"]["result"]["result"]
    except urllib.error.HTTPError:
        raise
    except OSError:
        return {}
    return {node["node_name"]: node for node in found if node["state"] == "ALIVE"}


def joined(cluster: RayCluster) -> dict[str, dict[str, Any]]:
    def look() -> dict[str, dict[str, Any]] | None:
        broken = [node.reason for node in cluster.site.observed().values() if node.reason]
        assert not broken
        nodes = ray_nodes(cluster, cluster.ref.ray_token)
        return nodes if len(nodes) == 2 else None

    return eventually(look, "head and worker have joined")


def test_two_clusters_side_by_side_each_have_their_own_nodes(
    clusters: tuple[RayCluster, RayCluster],
) -> None:
    for cluster in clusters:
        nodes = joined(cluster)
        assert set(nodes) == {cluster.site.head().name, cluster.worker.name}
        seen = nodes[cluster.worker.name]
        assert seen["resources_total"]["CPU"] == 2
        assert seen["resources_total"]["licence"] == 3
        assert seen["labels"]["tier"] == "gold"
        assert nodes[cluster.site.head().name]["resources_total"].get("CPU", 0) == 0


def test_only_a_clusters_own_token_opens_it(clusters: tuple[RayCluster, RayCluster]) -> None:
    first, second = clusters
    joined(first)
    for token in ("", second.ref.ray_token):
        with pytest.raises(urllib.error.HTTPError) as refused:
            ray_nodes(first, token)
        refused.value.close()
        assert refused.value.code in {401, 403}


def test_a_raylet_killed_from_outside_is_failed_with_its_reason(
    clusters: tuple[RayCluster, RayCluster],
) -> None:
    cluster = clusters[0]
    joined(cluster)
    raylet_of(cluster, cluster.worker.name).send_signal(signal.SIGKILL)
    seen = cluster.site.wait_for(cluster.worker.name, MachinePhase.FAILED)
    assert "Ray ended with exit code 1." in seen.reason
    assert "raylet" in seen.reason
    assert cluster.site.observed()[cluster.site.head().name].phase is MachinePhase.RUNNING


def test_terminating_both_leaves_no_process_and_no_file(
    clusters: tuple[RayCluster, RayCluster],
) -> None:
    for cluster in clusters:
        names = [cluster.site.head().name, cluster.worker.name]
        cluster.site.driver.terminate(cluster.ref, names)
        cluster.site.driver.terminate(cluster.ref, names)
    for cluster in clusters:
        eventually(lambda site=cluster.site: not site.observed(), "all nodes are gone")
        cluster.site.destroy()
        assert cluster.site.processes() == []
        directory = Path(cluster.site.arguments["path"]) / cluster.ref.handle
        assert [path.name for path in directory.rglob("*")] == ["ended"]


def raylet_of(cluster: RayCluster, name: str) -> psutil.Process:
    (raylet,) = (
        process
        for process in cluster.site.processes()
        if process.name() == "raylet" and process.environ()["MOBULA_NODE"] == name
    )
    return raylet
