"""Clusters that report the hardest demand that is allowed, another each time, until it is killed.

    python -m benchmarks.fairness.hostile_clusters 2

Runs with the environment of an installation, whose address it posts to. It prints a line for each
cluster that runs, and then one for each report.
"""

from __future__ import annotations

import gzip
import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import django
import httpx

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.models import Membership, Team, User  # noqa: E402
from accounts.roles import Role  # noqa: E402
from benchmarks.fairness.hostile_demand import demands  # noqa: E402
from clouds.models import Cloud  # noqa: E402
from clusters.services.launching import launch_cluster  # noqa: E402
from configurations.services.templates import create_template  # noqa: E402
from tests.clusters.head import Head  # noqa: E402

if TYPE_CHECKING:
    from configurations.models import Version

CLOUD = "paper"
TEXT = f"""\
cloud: {CLOUD}
head_node:
  instance_type: small
worker_nodes:
  - name: cpu
    instance_type: large
    max_nodes: 100
  - name: gpu
    instance_type: gpu
    max_nodes: 100
"""
REPORT_SECONDS = 0.5


def version_for(team: Team, user: User) -> Version:
    """Return a version that the user may launch on a cloud that is only on paper."""
    Cloud.objects.get_or_create(name=CLOUD, defaults={"provider": "fake", "is_shared": True})
    return create_template(team=team, name="paper", text=TEXT, message="First.", by=user)


def member_of(name: str) -> tuple[Team, User]:
    """Return a new team, and its only member."""
    team = Team.objects.create(name=name, slug=name)
    user = User.objects.create(email=f"{name}@example.org", name=name)
    Membership.objects.create(team=team, user=user, role=Role.ADMIN)
    return team, user


def attack(name: str, version: Version, user: User, *, seed: int) -> None:
    """Launch a cluster and speak for its head without end."""
    head = Head(launch_cluster(name=name, version=version, by=user))
    with httpx.Client(base_url=settings.MOBULA_URL, timeout=60) as http:
        while head.state != "running":
            _post(http, head, head.body())
            time.sleep(0.2)
        print(f"{name} runs", flush=True)
        for demand in demands(seed):
            began = time.monotonic()
            status = _post(http, head, head.body(demand=demand))
            print(f"{name}: {status} after {time.monotonic() - began:.1f} s", flush=True)
            connection.close()
            time.sleep(REPORT_SECONDS)


def _post(http: httpx.Client, head: Head, body: dict[str, Any]) -> int:
    headers = {
        "Authorization": f"Bearer {head.token}",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    content = gzip.compress(json.dumps(body).encode(), compresslevel=1)
    return http.post("/agent/v1/sync", content=content, headers=headers).status_code


def main() -> None:
    team, user = member_of("hostile")
    version = version_for(team, user)
    for seed in range(int(sys.argv[1])):
        arguments = (f"hostile-{seed}", version, user)
        threading.Thread(target=attack, args=arguments, kwargs={"seed": seed}).start()


if __name__ == "__main__":
    main()
