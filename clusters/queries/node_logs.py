"""What a page shows of a node's logs, and why there is nothing where there is nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.timezone import now

from clusters.agent_report import has_fresh_report
from clusters.logs.lines import Lines, lines_of
from clusters.logs.nodes import first_moment
from clusters.logs.text import without_terminal_codes
from clusters.models import Cluster, Node, NodeLog, NodeLogFile
from domain.lifecycle import NodeRole, NodeState
from domain.wording import size
from providers.node_logs import START_LOG

MOST_LINES = 1_000  # that a page shows
LONGEST_SEARCH = 200  # characters
# The files that most often say what went wrong; the others follow by name.
_FIRST = (START_LOG, "raylet.err", "raylet.out", "gcs_server.err", "gcs_server.out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why a page has no log to show, and what to do."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLogView:
    """The log files of a node, and of the chosen one what the page shows."""

    files: list[NodeLogFile]
    file: NodeLogFile | None
    lines: Lines
    missing: Missing | None

    @property
    def mark(self) -> str:
        """Another text once anything of it has changed."""
        return f"{len(self.files)}-{sum(file.end + file.size for file in self.files)}"


def node_of(cluster: Cluster, name: str) -> Node | None:
    """Return the cluster's node of that name, of any run."""
    return cluster.nodes.select_related("group", "cluster__team").filter(name=name).first()


def log_view(node: Node, *, file: str = "", words: str = "") -> NodeLogView:
    """Return what the page of the node's logs shows: a file's newest lines, or those found."""
    files = files_of(node)
    chosen = next((row for row in files if row.name == file), _default(node, files))
    text = text_of(node, chosen) if chosen else ""
    return NodeLogView(
        files=files,
        file=chosen,
        lines=lines_of(text, words=words[:LONGEST_SEARCH], most=MOST_LINES),
        missing=None if text else _missing(node, chosen),
    )


def files_of(node: Node) -> list[NodeLogFile]:
    """Return the node's log files, those first that most often say what went wrong."""
    order = {name: place for place, name in enumerate(_FIRST)}
    rows = NodeLogFile.objects.filter(node=node, end__gt=0)
    return sorted(rows, key=lambda row: (order.get(row.name, len(order)), row.name))


def _default(node: Node, files: list[NodeLogFile]) -> NodeLogFile | None:
    """Return the file to show first: what Ray says, or for a node that never joined its start."""
    by_name = {row.name: row for row in files}
    wanted = ("raylet.out", START_LOG) if node.ready_at else (START_LOG, "raylet.out")
    return next((by_name[name] for name in wanted if name in by_name), next(iter(files), None))


def text_of(node: Node, file: NodeLogFile) -> str:
    """Return what is kept of a file, with a line where something is missing."""
    # Nothing is older than the node, by any clock: older partitions are not read.
    pieces = NodeLog.objects.filter(file=file, at__gte=first_moment(node)).order_by("offset")
    found, end = [], 0
    for offset, length, text in pieces.values_list("offset", "size", "text"):
        if offset > end:
            # One byte stands for a gap of unknown size.
            missing = size(offset - end) if offset > end + 1 else "Some output"
            found.append(f"--- {missing} not kept ---\n")
        found.append(text)
        end = offset + length
    return without_terminal_codes("".join(found))


def _missing(node: Node, file: NodeLogFile | None) -> Missing:
    if node.state != NodeState.TERMINATED:
        return _not_yet(node)
    days = settings.KEEP_DAYS["node_logs"]
    ended = node.ended_at or now()
    if file is not None or (days and now() - ended > timedelta(days=days)):
        kept = f"Node logs are kept for {days} days." if days else "There was no room for them."
        return Missing(title="Logs removed", text=f"{kept} Events and cost are kept for longer.")
    if node.launched_at is None:
        why = node.end_reason or "It was no longer needed."
        return Missing(title="Never launched", text=f"No machine ran, so there is no log. {why}")
    if node.booted_at is None and not node.address:
        return Missing(
            title="No machine",
            text="The provider did not start a machine for this node, so there is no log. "
            "The reason above is all that it reported.",
        )
    return Missing(
        title="No logs kept",
        text="The node left no output. Its start output and error files are always kept, "
        "the other files only while this page is open.",
    )


def _not_yet(node: Node) -> Missing:
    if node.state in {NodeState.REQUESTED, NodeState.LAUNCHING}:
        return Missing(
            title="No machine yet",
            text="The log appears here once the provider has started the machine.",
        )
    if node.ready_at and not has_fresh_report(node.cluster):
        return Missing(
            title="The head agent is not reporting",
            text="Logs are fetched by the agent on the head node. Check the head node's agent.log, "
            "or restart the cluster.",
        )
    where = "agent on the head node" if node.role == NodeRole.WORKER else "agent"
    return Missing(
        title="Fetching logs", text=f"The {where} sends them within seconds. Keep this page open."
    )
