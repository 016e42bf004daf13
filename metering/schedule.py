"""What beat asks for; merged into CELERY_BEAT_SCHEDULE."""

CELERY_BEAT = {
    "roll-up-samples": {"task": "metering.tasks.roll_up_samples", "schedule": 60.0},
    "post-costs": {"task": "metering.tasks.post_costs", "schedule": 60.0},
    "keep-partitions": {"task": "metering.tasks.keep_partitions", "schedule": 3600.0},
}
