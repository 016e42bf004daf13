"""alice's workspace on a cluster on paper, whose JupyterLab runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.clusters.conftest import driver, image, queued, version
from tests.clusters.head import Head

if TYPE_CHECKING:
    from accounts.models import User
    from clusters.models import Workspace
    from configurations.models import Version
    from providers.fake.driver import FakeDriver

__all__ = ["driver", "image", "queued", "version"]

TINY = {"name": "tiny", "version": "1.0", "before": "", "source": "index"}


def jupyter(**fields: Any) -> dict[str, Any]:
    """What an agent says of a JupyterLab in which nobody works."""
    return {
        "state": "running",
        "message": "",
        "jupyterlab": "4.6.6",
        "kernels": 0,
        "busy": 0,
        "terminals": 0,
        "active_at": None,
        "packages": [],
    } | fields


@pytest.fixture
def created(version: Version, alice: User, driver: FakeDriver, queued: list[str]) -> Workspace:
    """alice's workspace `lab`, as the button leaves it."""
    from clusters.services.workspaces.creating import create_workspace

    return create_workspace(version, name="lab", by=alice)


@pytest.fixture
def head(created: Workspace) -> Head:
    """The head of its cluster, which runs."""
    assert created.cluster is not None
    return run_head(created.cluster)


def run_head(cluster: Any) -> Head:
    """Bring the cluster of a workspace up."""
    head = Head(cluster)
    head.pass_by()
    head.report(workspace=jupyter())
    head.pass_by()
    assert head.state == "running"
    return head


@pytest.fixture
def workspace(created: Workspace, head: Head) -> Workspace:
    """alice's running workspace."""
    created.refresh_from_db()
    return created
