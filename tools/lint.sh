#!/bin/sh
# Style, types, layers and templates.
set -eu
cd "$(dirname "$0")/.."
. tools/django_environment.sh
bin=.venv/bin
packages=$($bin/python -c '
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))
print(*project["tool"]["importlinter"]["root_packages"])')
templates=$(find . \( -name node_modules -o -name .venv -o -name var \) -prune \
    -o -path '*/templates/*' -name '*.html' -print)

$bin/ruff check .
$bin/ruff format --check .
# shellcheck disable=SC2086 # a list of names
$bin/mypy $packages
$bin/lint-imports
if [ -n "$templates" ]; then
    # shellcheck disable=SC2086
    $bin/djade --check --target-version 6.1 $templates
    # shellcheck disable=SC2086
    $bin/djhtml --check --tabwidth 2 $templates
fi
