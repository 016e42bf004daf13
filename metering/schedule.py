"""What beat asks for; merged into CELERY_BEAT_SCHEDULE."""

CELERY_BEAT = {
    "roll-up-samples": {
        "task": "metering.tasks.roll_up_samples",
        "schedule": 15.0,  # how far charts of minutes may be behind
        "options": {"expires": 15},  # a round that no worker took in time is replaced by the next
    },
    "post-costs": {
        "task": "metering.tasks.post_costs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "refresh-use": {
        "task": "metering.tasks.refresh_use",
        "schedule": 60.0,  # how far the utilization page's table may be behind
        "options": {"expires": 60},
    },
    "forget-cursors": {"task": "metering.tasks.forget_cursors", "schedule": 3600.0},
}
