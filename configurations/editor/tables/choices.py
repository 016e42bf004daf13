"""What fields with a few values let people choose, in words."""

ARCHITECTURES = [("", "x86_64 (default)"), ("x86_64", "x86_64"), ("arm64", "arm64")]
STRATEGIES = [("", "force_smallest_fit (default)"), ("force_smallest_fit", "force_smallest_fit"),
              ("relaxed", "relaxed")]  # fmt: skip
MARKETS = [
    ("ON_DEMAND", "On demand"),
    ("SPOT", "Spot"),
    ("PREFER_SPOT", "Spot with on-demand fallback"),
]
SAME_MARKETS = [("", "Same as the template"), *MARKETS]
RANK_MARKETS = [("", "Any market"), ("spot", "Spot"), ("on-demand", "On demand")]
ACCESSES = [("read", "Read"), ("write", "Read and write")]
CONSOLIDATIONS = [
    ("off", "Off"),
    ("recommend", "Recommend only"),
    ("act", "Automatic"),
]
OBJECTIVES = [
    ("cost", "Lowest cost"),
    ("speed", "Faster startup: fewer, larger machines"),
    ("steady", "Fewer interruptions: less spot"),
]
FORECASTS = [
    ("off", "Off"),
    ("forecast_only", "Show only"),
    ("forecast_and_scale", "Show and launch nodes ahead"),
]
TIMES = [("cron", "Cron expression"), ("week", "Weekly")]
REASON_LABELS = {
    "idle": "Idle nodes",
    "consolidation": "Consolidation",
    "spot_return": "Return to spot",
    "outdated": "Replace outdated",
}
DAY_LABELS = {
    "mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"
}  # fmt: skip
