"""Every field of the editor, one row each: section, name, path, input with its label, kind.

The forms, their sections, what is read and written, and where problems are shown follow from these
tables. A path begins at what its table is of: a configuration, a node, `mobula.groups` of a group,
an entry of `mobula.scaling`.
"""

from __future__ import annotations

from django import forms

from configurations.editor.tables import kinds
from configurations.editor.tables.choices import (
    ARCHITECTURES,
    CONSOLIDATIONS,
    DAY_LABELS,
    FORECASTS,
    MARKETS,
    OBJECTIVES,
    REASON_LABELS,
    STRATEGIES,
    TIMES,
)
from configurations.editor.tables.inputs import (
    AmountsField,
    LinesField,
    MemoryField,
    NamesField,
    NodesOrPercentField,
    PairsField,
    Within,
    YamlField,
    amount,
    choice,
    count,
    in_group,
    in_head,
    switch,
    text,
    yaml,
)
from configurations.editor.tables.ranks import FLAG as RANKING_FLAG
from configurations.editor.tables.ranks import REPLACEMENT
from configurations.editor.tables.table import Row, Table

# Sections of the page.
BASICS, HEAD_NODE, GROUPS, SCALING = "basics", "head", "groups", "scaling"
LIMITS, ZONES, END, MACHINES = "limits", "zones", "end", "machines"
STORAGE, ENVIRONMENTS, ADVANCED = "storage", "environments", "advanced"
SECTIONS = {
    BASICS: "Basics",
    HEAD_NODE: "Head",
    GROUPS: "Worker groups",
    SCALING: "Scaling",
    LIMITS: "Limits",
    ZONES: "Zones and spot",
    END: "Idle and lifetime",
    MACHINES: "Instance configuration",
    STORAGE: "Storage",
    ENVIRONMENTS: "Environments",
    ADVANCED: "Advanced",
}
# What is folded in the section Scaling.
OBJECTIVE, FORECAST, CONSOLIDATION = "objective", "forecast", "consolidation"
RANKING = "ranking"
FOLDS = dict.fromkeys((OBJECTIVE, FORECAST, CONSOLIDATION, RANKING), SCALING)
# Parts of a head, a group or an entry beside its scaling, machines and advanced fields.
ROW, FALLBACK, HARDWARE, RESOURCES = "row", "fallback", "hardware", "resources"
WINDOW, CRON, WEEK, ZONE, DAYS, REASONS = "window", "cron", "week", "zone", "days", "reasons"

_BLOCK = "SubnetId: subnet-0a1b2c3d"
_ZONES = {"list": "time-zones", "autocomplete": "off"}

CLUSTER = Table(
    Row(BASICS, "cloud", "cloud", text("Cloud", widget=forms.Select), kinds.NAME),
    Row(BASICS, "image", "mobula.image", text("Image", widget=forms.Select), kinds.NAME),
    Row(BASICS, "cloud_resource", "cloud_resource", text("Cloud resource"), kinds.NAME),
    Row(GROUPS, "autoscaling", "mobula.autoscaling", switch("Autoscaling")),
    Row(
        OBJECTIVE, "objective", "mobula.scaling.objective",
        choice("Optimize for", OBJECTIVES, required=True,
               help_text="Used together with price to choose machines."),
        kinds.WORD,
    ),
    Row(
        FORECAST, "forecast_mode", "mobula.scaling.forecast.mode",
        choice("Node forecast", FORECASTS, required=True),
        also=("mobula.scaling.forecast",),
    ),
    Row(
        FORECAST, "forecast_quantile", "mobula.scaling.forecast.quantile",
        forms.FloatField(min_value=0.01, max_value=0.99, label="Forecast quantile",
                         help_text="0.75 covers demand 75% of the time. Higher costs more."),
    ),
    Row(
        FORECAST, "forecast_error", "mobula.scaling.forecast.max_error_percent",
        forms.FloatField(min_value=0, max_value=1000, label="Max backtest error (%)",
                         help_text="Above this backtest error, the forecast launches nothing."),
    ),
    Row(
        CONSOLIDATION, "consolidation", "mobula.scaling.consolidation",
        choice("Consolidate to fewer or cheaper nodes", CONSOLIDATIONS, required=True),
        kinds.WORD,
    ),
    Row(RANKING, "replace_by_rank", f"flags.{RANKING_FLAG}",
        switch("Replace nodes when a preferred group has room (enable_replacement)"), REPLACEMENT),
    Row(LIMITS, "max_cpu", "max_resources.CPU",
        amount("Max CPUs", help_text="Empty: no limit."), kinds.LIMIT),
    Row(LIMITS, "max_gpu", "max_resources.GPU",
        amount("Max GPUs", help_text="Empty: no limit."), kinds.LIMIT),
    Row(LIMITS, "max_usd_per_hour", "mobula.max_usd_per_hour",
        amount("Max $/h", help_text="Empty: no limit.")),
    Row(LIMITS, "max_nodes", "mobula.max_nodes",
        count("Max worker nodes", least=1, help_text="Of all groups together. Empty: no limit.")),
    Row(LIMITS, "upscaling_speed", "mobula.upscaling_speed",
        amount("Upscaling speed",
               help_text="Nodes of a group that may be starting, as a multiple of its ready "
                         "ones; always up to 5. Empty: no limit.")),
    Row(LIMITS, "more_max", "max_resources",
        AmountsField(example="licence=4", label="Other limits"), kinds.OTHER_LIMITS),
    Row(LIMITS, "min_resources", "min_resources",
        AmountsField(example="CPU=16, GPU=1", label="Cluster minimums")),
    Row(ZONES, "zones", "zones",
        NamesField(example="us-west-2a, us-west-2b", label="Zones",
                   help_text="Leave empty to allow all zones of the region.")),
    Row(ZONES, "threshold", "flags.replacement_threshold",
        text("Retry spot after (e.g. 30m)"), kinds.TEXT_FLAG),
    Row(ZONES, "zone_timeout", "flags.zone_starting_timeout",
        text("Try next zone after (e.g. 10m)"), kinds.TEXT_FLAG),
    Row(ZONES, "cross_zone", "enable_cross_zone_scaling",
        switch("Spread workers across zones")),
    Row(END, "idle_minutes", "mobula.idle_minutes",
        count("Terminate when idle (minutes)", required=True, help_text="0: never."),
        kinds.MINUTES),
    Row(END, "max_lifetime_minutes", "mobula.max_lifetime_minutes",
        count("Maximum lifetime (minutes)", required=True, help_text="0: no limit."),
        kinds.MINUTES),
    Row(END, "worker_idle_seconds", "mobula.worker_idle_seconds",
        count("Worker idle timeout (s)", required=True),
        kinds.IDLE_SECONDS, also=(f"flags.{kinds.IDLE_FLAG}",)),
    Row(MACHINES, "block", "advanced_instance_config",
        yaml("advanced_instance_config", "Instance configuration for all nodes",
              example=_BLOCK, rows=5),
        kinds.YAML_MAPPING),
    Row(MACHINES, "merge_blocks", "mobula.merge_instance_config",
        switch("Merge node and cluster instance configurations",
               help_text="If off, a node's replaces the cluster's, as in Anyscale.")),
    Row(MACHINES, "allow_burstable", "mobula.allow_burstable",
        switch("Allow burstable instance types",
               help_text="For hardware by amounts; types that are named are used in any case.")),
    Row(STORAGE, "no_nfs", "flags.disable_nfs_mount",
        switch("Disable the shared NFS mount"), kinds.SWITCH_FLAG),
    Row(ADVANCED, "strategy", "flags.instance_selection_strategy",
        choice("Machine selection", STRATEGIES), kinds.TEXT_FLAG),
    Row(ADVANCED, "starting_timeout", "flags.workload_starting_timeout",
        text("Workload start timeout"), kinds.TEXT_FLAG),
    Row(ADVANCED, "recovering_timeout", "flags.workload_recovering_timeout",
        text("Workload recovery timeout"), kinds.TEXT_FLAG),
    Row(ADVANCED, "no_gpu_checks", "flags.disable_gpu_health_checks",
        switch("Disable GPU health checks"), kinds.SWITCH_FLAG),
    Row(ADVANCED, "auto_select", "auto_select_worker_config",
        switch("Auto-select worker types")),
    Row(ADVANCED, "more_flags", "flags",
        yaml("flags", "Other flags", example="efa_config: {}"), kinds.OTHER_FLAGS),
)  # fmt: skip


def _node(within: Within, flags: YamlField) -> tuple[Row, ...]:
    """What the head and the groups have in common: the hardware, and what Ray is told of it."""
    return (
        Row(HARDWARE, "need_cpu", "required_resources.CPU", count("CPUs"), kinds.HARDWARE,
            also=("required_resources",)),
        Row(HARDWARE, "need_memory", "required_resources.memory",
            MemoryField(label="Memory"), kinds.HARDWARE_MEMORY),
        Row(HARDWARE, "need_gpu", "required_resources.GPU", count("GPUs"), kinds.HARDWARE),
        Row(HARDWARE, "need_accelerator", "required_resources.accelerator",
            text("Accelerator"), kinds.HARDWARE),
        Row(HARDWARE, "need_arch", "required_resources.cpu_architecture",
            choice("Architecture", ARCHITECTURES), kinds.HARDWARE),
        Row(HARDWARE, "need_tpu", "required_resources.TPU", count("TPUs"), kinds.HARDWARE),
        Row(HARDWARE, "need_tpu_hosts", "required_resources.tpu_hosts",
            count("TPU hosts"), kinds.HARDWARE),
        Row(HARDWARE, "required_labels", "required_labels",
            PairsField(example="ray.io/accelerator-type=L4", label="Required hardware labels")),
        Row(RESOURCES, "resources", "resources",
            AmountsField(example="CPU=2, special=3", label="Logical resources")),
        Row(RESOURCES, "labels", "labels",
            PairsField(example="stage=train, tier=spot", label="Labels")),
        Row(MACHINES, "block", "advanced_instance_config",
            yaml("advanced_instance_config", "Instance configuration", example=_BLOCK,
                 within=within),
            kinds.YAML_BLOCK),
        Row(ADVANCED, "flags", "flags", flags, kinds.OTHER_FLAGS),
        Row(ADVANCED, "deployment", "cloud_deployment",
            yaml("cloud_deployment", "Cloud deployment", example="machine_pool: reserved", rows=2,
                 within=within),
            kinds.YAML_MODEL),
    )  # fmt: skip


HEAD = Table(
    *_node(in_head, yaml("flags", "Flags", example="pricing_weight: 2", rows=2, within=in_head)),
    Row(ROW, "size", "instance_type",
        text("Machine type", widget=forms.Select), kinds.MACHINE_TYPE, also=("",)),
)  # fmt: skip

GROUP = Table(
    Row(ROW, "name", "name", text("Name"), kinds.GROUP_NAME),
    Row(ROW, "min_nodes", "min_nodes", count("Min", required=True)),
    Row(ROW, "max_nodes", "max_nodes", count("Max", least=1, required=True)),
    Row(ROW, "nodes", "min_nodes", count("Nodes", required=True), kinds.ALL_NODES,
        also=("max_nodes",)),
    Row(ROW, "market", "market_type", choice("Market", MARKETS), kinds.MARKET),
    Row(SCALING, "threshold", "flags.replacement_threshold",
        text("Retry spot after (e.g. 30m)"), kinds.TEXT_FLAG),
    Row(SCALING, "weight", "flags.pricing_weight",
        amount("Pricing weight", help_text="Above 1: preferred."), kinds.WEIGHT_FLAG),
    *_node(in_group, yaml("flags", "Other flags", example="{}", rows=2, within=in_group)),
    Row(ROW, "size", "instance_type",
        text("Machine type", widget=forms.Select), kinds.MACHINE_TYPE),
)  # fmt: skip

GROUP_SETTINGS = Table(
    Row(SCALING, "idle_seconds", "worker_idle_seconds",
        count("Idle timeout (s)", help_text="Leave empty to use the cluster's."),
        kinds.of_group("worker_idle_seconds")),
    Row(SCALING, "warm_spare", "warm_spare",
        NodesOrPercentField(label="Spare nodes", help_text="Idle nodes kept ready in addition "
                                                           "to busy ones."),
        kinds.of_group("warm_spare")),
    Row(SCALING, "consolidation", "consolidation",
        choice("Consolidate to fewer nodes", [("", "Same as cluster"), *CONSOLIDATIONS]),
        kinds.of_group("consolidation")),
    Row(SCALING, "on_demand_nodes", "on_demand_nodes",
        count("On-demand base nodes", help_text="For spot groups."),
        kinds.of_group("on_demand_nodes")),
    Row(SCALING, "on_demand_percent", "on_demand_percent",
        count("On-demand above base (%)", most=100), kinds.of_group("on_demand_percent")),
    Row(FALLBACK, "fallback_types", "fallback_types",
        NamesField(example="m5.2xlarge, m6i.2xlarge", label="Fallback instance types",
                   help_text="Used when the group's type has no capacity, or one of these is "
                             "cheaper."),
        kinds.of_group("fallback_types")),
)  # fmt: skip


def _window(*times: tuple[str, str]) -> tuple[Row, ...]:
    """When something holds; only one of the two kinds of fields is shown at a time."""
    return (
        Row(WINDOW, "when", "", choice("When", [*times, *TIMES]), kinds.WINDOW,
            also=("days", "reasons")),
        Row(CRON, "cron", "cron", text("Cron", example="0 8 * * mon-fri",
                                       help_text="Minute, hour, day, month, weekday.")),
        Row(CRON, "minutes", "minutes",
            count("Duration (minutes)", least=1)),
        Row(WEEK, "start", "start", text("From", example="08:00")),
        Row(WEEK, "end", "end", text("Until", example="18:00")),
        *(Row(DAYS, day, f"days.{day}", switch(label), kinds.DAY)
          for day, label in DAY_LABELS.items()),
        Row(ZONE, "time_zone", "time_zone", text("Time zone", example="UTC", attrs=_ZONES)),
    )  # fmt: skip


SCHEDULE = Table(
    *_window(),
    Row(ROW, "group", "group", text("Group", widget=forms.Select)),
    Row(ROW, "min_nodes", "min_nodes",
        count("Min nodes", required=True)),
    Row(ROW, "name", "name", text("Name")),
)  # fmt: skip

BUDGET = Table(
    *_window((kinds.ALWAYS, "Always")),
    Row(ROW, "nodes", "nodes", NodesOrPercentField(label="Max nodes to drain"), kinds.NODES),
    Row(ROW, "name", "name", text("Name")),
    *(Row(REASONS, reason, f"reasons.{reason}", switch(label), kinds.REASON)
      for reason, label in REASON_LABELS.items()),
)  # fmt: skip

RULE = Table(
    Row(ROW, "group", "group", text("Group", widget=forms.Select)),
    Row(ROW, "name", "name", text("Name")),
    Row(ROW, "expression", "expression",
        LinesField(label="Node count expression", example="queue > 100 ? 8 : 0")),
)  # fmt: skip
