"""What beat asks for; merged into CELERY_BEAT_SCHEDULE."""

CELERY_BEAT = {
    "keep-partitions": {
        "task": "retention.tasks.keep_partitions",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
