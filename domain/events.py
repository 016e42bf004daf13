"""Kinds of events in a cluster's history."""

from enum import StrEnum


class EventKind(StrEnum):
    """What an event reports; pages, exports and tests read this, never the sentence."""

    CLUSTER_LAUNCHED = "cluster.launched"  # a user launched the cluster
    CLUSTER_STATE_CHANGED = "cluster.state_changed"  # the cluster moved to another state
    CLUSTER_UPDATED = "cluster.updated"  # a user or a release moved it to another version
    CLUSTER_BROUGHT_BACK = "cluster.brought_back"  # a user undid what differed from its release
    CLUSTER_REPLACEMENT_STARTED = "cluster.replacement_started"  # outdated nodes are being replaced
    CLUSTER_REPLACEMENT_ENDED = "cluster.replacement_ended"  # none is left, or a user paused it
    CLUSTER_SWITCH_STARTED = "cluster.switch_started"  # another cluster will take its place
    CLUSTER_SWITCHED = "cluster.switched"  # it took over from another cluster, or another from it
    CLUSTER_SWITCH_FAILED = "cluster.switch_failed"  # the new cluster did not take over
    CLUSTER_DRAIN_OVERDUE = "cluster.drain_overdue"  # work still runs on it long after the switch
    CLUSTER_RESIZED = "cluster.resized"  # a user changed a group's min and max nodes
    CLUSTER_LIMITS_CHANGED = "cluster.limits_changed"  # a user changed when the cluster ends
    CLUSTER_IDLE_TIMER_PAUSED = "cluster.idle_timer_paused"  # a user paused the idle timer
    CLUSTER_IDLE_TIMER_RESUMED = "cluster.idle_timer_resumed"  # a user resumed the idle timer
    CLUSTER_HEALTH_CHANGED = "cluster.health_changed"  # it got stuck, went silent or has recovered

    NODE_STATE_CHANGED = "node.state_changed"  # a node moved to another state as planned
    NODE_START_FAILED = "node.start_failed"  # a launch was refused or the node was never ready
    NODE_LOST = "node.lost"  # a running node's machine or its Ray ended unexpectedly
    NODE_INTERRUPTED = "node.interrupted"  # a node ended by a spot interruption
    NODE_JOIN_REJECTED = "node.join_rejected"  # a machine was not accepted as the node it claims

    GROUP_STOPPED = "group.stopped"  # a group stopped launching nodes until a user fixes the cause
    GROUP_RETRIED = "group.retried"  # a user let a stopped group launch nodes again

    PROVIDER_ERROR = "provider.error"  # a call to the provider failed with a new error
    COOLDOWN_STARTED = "cooldown.started"  # a machine type or a market is in cooldown
    SPOT_INTERRUPTION_NOTICE = "spot.interruption_notice"  # a spot interruption was announced
    SPOT_REBALANCE_RECOMMENDED = "spot.rebalance_recommended"  # a spot node is at elevated risk

    CLOUD_RESOURCE_SWITCHED = "cloud_resource.switched"  # the head node starts on the next resource
    CLOUD_RESOURCE_SKIPPED = "cloud_resource.skipped"  # a resource lacks a machine type
    CLOUD_RESOURCE_CLEANUP_FAILED = "cloud_resource.cleanup_failed"  # the old one is not cleaned up

    RULE_FAILED = "rule.failed"  # a scaling rule gave an error; its last value stays in effect
    FORECAST_ACTIVE = "forecast.active"  # a group's forecast launches nodes from now on
    FORECAST_INACTIVE = "forecast.inactive"  # a group's forecast is shown but launches nothing

    RECONCILE_TIMED_OUT = "reconcile.timed_out"  # a pass took too long and was stopped

    CONSOLIDATION_CANCELED = "consolidation.canceled"  # a consolidation was canceled

    @property
    def label(self) -> str:
        return self.value.replace(".", " ").replace("_", " ").capitalize()
