from clusters.models.cluster import Cluster, Group
from clusters.models.consolidation import Consolidation
from clusters.models.cooldown import Cooldown
from clusters.models.event import Event, ScalingDecision
from clusters.models.node import Node
from clusters.models.node_join import NodeJoin
from clusters.models.node_log import NodeLog, NodeLogFile, NodeLogUsage
from clusters.models.notice_queue import NoticeQueue
from clusters.models.orphan import Orphan, OrphanSearch
from clusters.models.run import Run
from clusters.models.scaling import EnabledRule, Forecast, RuleValue, ScalingSample
from clusters.models.switch import Switch
from clusters.models.work import Command, Job, JobLog, JobLogUsage
from clusters.models.workspace import Workspace, WorkspaceTicket

__all__ = [
    "Cluster",
    "Command",
    "Consolidation",
    "Cooldown",
    "EnabledRule",
    "Event",
    "Forecast",
    "Group",
    "Job",
    "JobLog",
    "JobLogUsage",
    "Node",
    "NodeJoin",
    "NodeLog",
    "NodeLogFile",
    "NodeLogUsage",
    "NoticeQueue",
    "Orphan",
    "OrphanSearch",
    "RuleValue",
    "Run",
    "ScalingDecision",
    "ScalingSample",
    "Switch",
    "Workspace",
    "WorkspaceTicket",
]
