from clusters.models.cluster import Cluster, Group
from clusters.models.consolidation import Consolidation
from clusters.models.cooldown import Cooldown
from clusters.models.event import Event, ScalingDecision
from clusters.models.node import Node
from clusters.models.node_log import NodeLog, NodeLogFile, NodeLogUsage
from clusters.models.run import Run
from clusters.models.scaling import EnabledRule, Forecast, RuleValue, ScalingSample
from clusters.models.work import Command, Job, JobLog, JobLogUsage

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
    "NodeLog",
    "NodeLogFile",
    "NodeLogUsage",
    "RuleValue",
    "Run",
    "ScalingDecision",
    "ScalingSample",
]
