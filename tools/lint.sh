#!/bin/sh
# Style, types, layers and templates.
set -eu
cd "$(dirname "$0")/.."
. tools/django_environment.sh
bin=.venv/bin
# One package a command line: mypy takes what git knows, not what lies about.
packages=$(git ls-files '*/__init__.py' | cut -d/ -f1 | sort -u | grep -v -x -e tests -e benchmarks)
templates=$(git ls-files '*.html')

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
