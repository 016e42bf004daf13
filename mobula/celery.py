"""The Celery application: `celery -A mobula worker` and `celery -A mobula beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")

# The planner loads its solver only when it is asked: a worker does so once, before it forks.
app = Celery("mobula", include=["domain.planner.together"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
