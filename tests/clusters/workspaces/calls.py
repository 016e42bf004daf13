"""How services of workspaces are called, but for `by`; tests/test_services.py has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clusters.models import Workspace
from configurations.launch_checks import launchable

type Row = tuple[tuple[Any, ...], dict[str, Any]]


def _lab(things: Any) -> Workspace:
    """Return alice's workspace, shared with her team: bob may read its page."""
    return Workspace.objects.create(
        name="lab",
        team=things.team,
        owner=things.alice,
        version=things.version,
        image_version=things.cluster.image_version,
        is_shared=True,
    )


_PLACE = "clusters.services.workspaces"
WORKSPACES: dict[str, Callable[[Any], Row]] = {
    "clusters.services.launching.launch_workspace_cluster": lambda t: (
        (launchable(t.version),),
        {"workspace": _lab(t)},
    ),
    f"{_PLACE}.capturing.capture_workspace": lambda t: (
        (_lab(t),),
        {"packages": ["tiny"], "image": "mine"},
    ),
    f"{_PLACE}.creating.clone_workspace": lambda t: ((_lab(t),), {"name": "copy"}),
    f"{_PLACE}.creating.create_workspace": lambda t: ((t.version,), {"name": "new"}),
    f"{_PLACE}.creating.start_workspace": lambda t: ((_lab(t),), {}),
    f"{_PLACE}.operating.remove_workspace": lambda t: ((_lab(t),), {}),
    f"{_PLACE}.operating.share_workspace": lambda t: ((_lab(t),), {"is_shared": True}),
    f"{_PLACE}.operating.stop_workspace": lambda t: ((_lab(t),), {}),
    f"{_PLACE}.using.open_workspace": lambda t: ((_lab(t),), {"session": "a hash"}),
    f"{_PLACE}.using.read_file": lambda t: ((_lab(t),), {"path": "train.py"}),
    f"{_PLACE}.using.run_file": lambda t: ((_lab(t),), {"path": "train.py"}),
}
