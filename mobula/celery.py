"""The Celery application: `celery -A mobula worker` and `celery -A mobula beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")

app = Celery("mobula")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
