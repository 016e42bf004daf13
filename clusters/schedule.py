"""What beat asks for; merged into CELERY_BEAT_SCHEDULE."""

CELERY_BEAT = {
    "sample-scaling": {
        "task": "clusters.tasks.sample_scaling",
        "schedule": 300.0,
        "options": {"expires": 240},
    },
    "forecast-clusters": {
        "task": "clusters.tasks.forecast_clusters",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
}
