from clusters.models.cluster import Cluster, Group, Node
from clusters.models.cooling import CoolDown
from clusters.models.disruption import Consolidation
from clusters.models.record import Decision, Event
from clusters.models.scaling import EnabledRule, Forecast, RuleValue, ScalingSample, Waiting
from clusters.models.template import Draft, Template, Version
from clusters.models.work import Command, Job, JobLog

__all__ = [
    "Cluster",
    "Command",
    "Consolidation",
    "CoolDown",
    "Decision",
    "Draft",
    "EnabledRule",
    "Event",
    "Forecast",
    "Group",
    "Job",
    "JobLog",
    "Node",
    "RuleValue",
    "ScalingSample",
    "Template",
    "Version",
    "Waiting",
]
