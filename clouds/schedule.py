"""What beat asks for; merged into CELERY_BEAT_SCHEDULE."""

CELERY_BEAT = {
    # Looks each hour for what is a day old: a beat that was down at a fixed hour misses nothing.
    "refresh-catalogues": {
        "task": "clouds.tasks.refresh_what_is_old",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
