#!/bin/sh
# Settings fit for production, and no change of a model without its migration.
set -eu
cd "$(dirname "$0")/.."
. tools/django_environment.sh
.venv/bin/python manage.py makemigrations --check --dry-run
.venv/bin/python manage.py check --deploy --fail-level WARNING
