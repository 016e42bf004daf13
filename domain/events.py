"""Kinds of events in a cluster's history."""

from enum import StrEnum


class EventKind(StrEnum):
    """What an event reports; pages, exports and tests read this, never the sentence."""

    CLUSTER_LAUNCHED = "cluster.launched"  # somebody launched the cluster
    CLUSTER_STATE_CHANGED = "cluster.state_changed"  # the cluster moved to another state
    CLUSTER_RESIZED = "cluster.resized"  # somebody changed a group's min and max nodes
    CLUSTER_IDLE_TIMER_PAUSED = "cluster.idle_timer_paused"  # somebody paused the idle timer
    CLUSTER_IDLE_TIMER_RESUMED = "cluster.idle_timer_resumed"  # somebody ended that pause

    NODE_STATE_CHANGED = "node.state_changed"  # a node moved to another state as planned
    NODE_START_FAILED = "node.start_failed"  # a launch was refused or the node was never ready
    NODE_LOST = "node.lost"  # a running node's machine or its Ray ended unexpectedly
    NODE_INTERRUPTED = "node.interrupted"  # a node ends since its spot machine is taken back

    GROUP_STOPPED = "group.stopped"  # a failure that a person must fix ended a group's launches
    GROUP_RETRIED = "group.retried"  # somebody let a stopped group launch nodes again

    PROVIDER_ERROR = "provider.error"  # a call to the provider failed with a new error
    COOLDOWN_STARTED = "cooldown.started"  # a machine type or a market is not tried for a while
    SPOT_INTERRUPTION_NOTICE = "spot.interruption_notice"  # a machine will be taken back soon

    CLOUD_RESOURCE_SWITCHED = "cloud_resource.switched"  # the head is tried on the next resource
    CLOUD_RESOURCE_SKIPPED = "cloud_resource.skipped"  # a resource lacks a machine type
    CLOUD_RESOURCE_CLEANUP_FAILED = "cloud_resource.cleanup_failed"  # the old one is not emptied

    RULE_FAILED = "rule.failed"  # a scaling rule gave an error; its last value stays in effect
    FORECAST_ACTIVE = "forecast.active"  # a group's forecast launches nodes from now on
    FORECAST_INACTIVE = "forecast.inactive"  # a group's forecast is shown but launches nothing

    CONSOLIDATION_CANCELED = "consolidation.canceled"  # what was about to be consolidated stays

    @property
    def label(self) -> str:
        return self.value.replace(".", " ").replace("_", " ").capitalize()
