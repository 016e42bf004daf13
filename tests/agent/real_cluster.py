"""A real Ray head and worker with agents beside them, and the Mobula double that they call."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent import bundle
from tests.agent.mobula_double import MobulaDouble, Sync
from tests.ray_nodes import RayNodes

MOBULA_TOKEN = "for-mobula"
RAY_TOKEN = "for-ray"
HEAD, WORKER = "head-1", "worker-1"


@dataclass
class Cluster:
    """A real head and worker, the Mobula they call, and how to start agents beside them."""

    nodes: RayNodes
    mobula: MobulaDouble
    agent: subprocess.Popen[bytes]

    def submit(self, submission_id: str, script: str) -> None:
        """Have a script run as a job and wait until Ray took it."""
        self.mobula.order(
            f"submit {submission_id}", "submit_job", submission_id=submission_id,
            entrypoint="python work.py", files={"work.py": script}, env={"GREETING": "hello"},
            metadata={"by": "tests"},
        )  # fmt: skip
        result = self.mobula.result(f"submit {submission_id}")
        assert result["ok"], result["message"]

    def job_ends(self, submission_id: str) -> dict[str, Any]:
        """Wait until Mobula knows the job's end and return its last report."""
        jobs = self.mobula.jobs
        ended = {"SUCCEEDED", "FAILED", "STOPPED"}
        self.mobula.until(
            lambda: jobs.get(submission_id, {}).get("status") in ended, f"{submission_id} to end"
        )
        return jobs[submission_id]

    def drain(self, node: str, **fields: Any) -> dict[str, Any]:
        """Drain a node by our name and return the result."""
        sync = self.mobula.next_sync(lambda sync: states(sync).get(node), f"{node} to be alive")
        (ray_node_id,) = (n["ray_node_id"] for n in sync["nodes"] if n["node"] == node)
        identity = f"drain {node} {len(self.mobula.results)}"
        self.mobula.order(identity, "drain", node=node, ray_node_id=ray_node_id, **fields)
        return self.mobula.result(identity)


def states(sync: Sync) -> dict[str, str]:
    """Return each node's state in a sync."""
    return {node["node"]: node["status"] for node in sync["nodes"]}


@contextmanager
def agent_of(
    nodes: RayNodes, mobula: MobulaDouble, name: str, *options: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run an agent beside the head with the head's own Python; it has ended afterwards."""
    bundled = bundle.write(nodes.root / bundle.NAME)
    config = nodes.root / f"{name}.json"
    content = {
        "url": mobula.url, "cluster": "c1", "run": 1, "token": MOBULA_TOKEN,
        "gcs_address": nodes.gcs_address, "dashboard_url": nodes.dashboard_url,
        "ray_token": nodes.token, "shared_host": True, "node_dirs": str(nodes.root),
    }  # fmt: skip
    config.write_text(json.dumps(content), encoding="utf-8")
    python = Path(nodes.ray).with_name("python")
    with (nodes.root / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [python, bundled, config, *options], stdout=subprocess.PIPE, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_node(mobula: MobulaDouble, nodes: RayNodes, node: str) -> None:
    """Wait until a sync shows the node; fails with the logs of Ray and the agent."""
    try:
        mobula.sync(lambda sync: node in states(sync), node)
    except AssertionError as error:
        logs = [nodes.log(name) for name in (node, "agent")]
        raise AssertionError(f"{node} did not come up:\n" + "\n".join(logs)) from error


def death_of(sync: Sync, node: str) -> str | None:
    """Return the reason with which a sync tells the death of the node, if it does."""
    return next((str(d["reason"]) for d in sync["dead"] if d["node"] == node), None)


def version_of(sync: Sync) -> tuple[int, int]:
    """Return the major and minor version of Ray that a sync names."""
    major, minor = sync["ray_version"].split(".")[:2]
    return int(major), int(minor)


def wait_for_job(nodes: RayNodes, submission_id: str) -> None:
    """Wait until the dashboard itself says that the job succeeded."""
    job = dashboard_request(nodes, f"/api/jobs/{submission_id}")
    until_json(job, lambda job: job["status"] == "SUCCEEDED")


def dashboard_request(nodes: RayNodes, path: str) -> urllib.request.Request:
    """Return a request to the head's dashboard with Ray's token."""
    headers = {"Authorization": f"Bearer {nodes.token}"}
    return urllib.request.Request(nodes.dashboard_url + path, headers=headers)


def until_json(request: urllib.request.Request, holds: Callable[[Any], bool]) -> None:
    """Ask again until the answer is the one waited for."""
    for _ in range(600):
        with urllib.request.urlopen(request, timeout=30) as response:
            if holds(json.load(response)):
                return
        time.sleep(0.2)
    pytest.fail(f"{request.full_url} never answered what was waited for.")
