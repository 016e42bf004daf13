from clusters.models.cluster import Cluster, Group, Node
from clusters.models.consolidation import Consolidation
from clusters.models.cooldown import CoolDown
from clusters.models.event import Decision, Event
from clusters.models.scaling import EnabledRule, Forecast, RuleValue, ScalingSample, Waiting
from clusters.models.work import Command, Job, JobLog

__all__ = [
    "Cluster",
    "Command",
    "Consolidation",
    "CoolDown",
    "Decision",
    "EnabledRule",
    "Event",
    "Forecast",
    "Group",
    "Job",
    "JobLog",
    "Node",
    "RuleValue",
    "ScalingSample",
    "Waiting",
]
