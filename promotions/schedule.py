"""What beat asks for; merged into CELERY_BEAT_SCHEDULE."""

CELERY_BEAT = {
    "advance-change-requests": {
        "task": "promotions.tasks.sweep",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "drop-code-packages": {
        "task": "promotions.tasks.drop_packages",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
