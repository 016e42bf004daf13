"""What beat asks for; merged into CELERY_BEAT_SCHEDULE."""

CELERY_BEAT = {
    "advance-switches": {
        "task": "clusters.switching.tasks.sweep",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "advance-test-runs": {
        "task": "clusters.test_runs.tasks.sweep",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "answer-checks": {
        "task": "clusters.room.tasks.answer_checks",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "sample-scaling": {
        "task": "clusters.tasks.sample_scaling",
        "schedule": 300.0,
        "options": {"expires": 240},
    },
    "follow-releases": {
        "task": "clusters.tasks.follow_releases",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "read-notices": {
        "task": "clusters.notices.tasks.sweep",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "look-after-workspaces": {
        "task": "clusters.workspaces.tasks.sweep",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "forget-workspace-tickets": {
        "task": "clusters.workspaces.tasks.forget_tickets",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "find-orphans": {
        "task": "clusters.orphans.tasks.find",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "remove-orphans": {
        "task": "clusters.orphans.tasks.advance",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "bound-logs": {
        "task": "clusters.tasks.bound_logs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "count-logs": {
        "task": "clusters.tasks.count_logs",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forecast-clusters": {
        "task": "clusters.tasks.forecast_clusters",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
}
