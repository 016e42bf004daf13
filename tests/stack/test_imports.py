"""What each program loads when it starts: the large libraries only where they are used."""

import json
import os
import subprocess
import sys

import pytest

from mobula.stack.home import ROOT

# The web process with all its pages, before anybody asks for one.
WEB = """
import mobula.asgi
from django.urls import get_resolver
def load(resolver):
    for each in getattr(resolver, "url_patterns", ()):
        load(each)
load(get_resolver())
"""
WORKER = """
import django
django.setup()
from mobula.celery import app
app.loader.import_default_modules()
"""
LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"
LARGE = {"highspy", "numpy", "statsmodels", "pandas", "scipy", "celpy", "ray", "boto3", "pyarrow"}


def loaded_by(program: str) -> set[str]:
    """Return which of the large libraries a fresh process has after `program`."""
    ran = subprocess.run(
        [sys.executable, "-c", program + LOADED],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "mobula.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return LARGE & set(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("program", "libraries"),
    [
        pytest.param(WEB, set(), id="web"),
        # A worker plans: it loads the solver once, before it forks.
        pytest.param(WORKER, {"highspy", "numpy"}, id="worker"),
    ],
)
def test_a_program_starts_without_libraries_that_it_may_never_need(
    program: str, libraries: set[str]
) -> None:
    assert loaded_by(program) == libraries
