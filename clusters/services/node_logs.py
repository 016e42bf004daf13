"""Follow the logs of a node while somebody reads them."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from accounts.models import User
from accounts.permissions import Action, may, require
from clusters import runs
from clusters.models import Node, Run
from domain.lifecycle import NodeState

# The page asks again before that.
FOLLOWED = timedelta(seconds=60)


def follow_node_logs(node: Node, *, by: User) -> None:
    """Have all of the node's log files fetched for the next minute; an ended one stays as it is."""
    require(may(by, Action.VIEW, team=node.cluster.team))
    rows = Node.objects.filter(pk=node.pk).exclude(state=NodeState.TERMINATED)
    rows.update(logs_wanted_until=now() + FOLLOWED)
    runs.note_news(Run.objects.filter(pk=node.run_id))
