from clusters.models.cluster import Cluster, Group, Node
from clusters.models.consolidation import Consolidation
from clusters.models.cooldown import Cooldown
from clusters.models.event import Event, ScalingDecision
from clusters.models.scaling import DemandWaiting, EnabledRule, Forecast, RuleValue, ScalingSample
from clusters.models.work import Command, Job, JobLog

__all__ = [
    "Cluster",
    "Command",
    "Consolidation",
    "Cooldown",
    "DemandWaiting",
    "EnabledRule",
    "Event",
    "Forecast",
    "Group",
    "Job",
    "JobLog",
    "Node",
    "RuleValue",
    "ScalingDecision",
    "ScalingSample",
]
