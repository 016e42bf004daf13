#!/bin/sh
# Settings fit for production.
set -eu
cd "$(dirname "$0")/.."
. tools/django_environment.sh
.venv/bin/python manage.py check --deploy --fail-level WARNING
