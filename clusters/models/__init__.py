from clusters.models.cluster import Cluster, Group, Node
from clusters.models.cooling import CoolDown
from clusters.models.record import Decision, Event
from clusters.models.template import Draft, Template, Version
from clusters.models.work import Command, Job, JobLog

__all__ = [
    "Cluster",
    "Command",
    "CoolDown",
    "Decision",
    "Draft",
    "Event",
    "Group",
    "Job",
    "JobLog",
    "Node",
    "Template",
    "Version",
]
