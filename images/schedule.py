"""What beat asks for; merged into CELERY_BEAT_SCHEDULE."""

CELERY_BEAT = {
    "sweep-builds": {
        "task": "images.tasks.sweep_builds",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    # Each tag once a day: what is due is asked in small parts.
    "watch-tags": {
        "task": "images.tasks.watch_tags",
        "schedule": 600.0,
        "options": {"expires": 300, "queue": "slow", "priority": 3},
    },
    "collect-environments": {
        "task": "images.tasks.collect_environments",
        "schedule": 24 * 3600.0,
        "options": {"expires": 3600, "queue": "builds"},
    },
}
