"""Workers that are killed in the midst of a build: it ends, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now

from accounts.models import User
from domain.images.states import BuildState, ImageState
from images.building import sweep
from images.models import Build
from images.services.builds import retry_build
from tests.images.building.conftest import Queue
from tests.images.building.test_builds import ended, leftovers, log_of

pytestmark = pytest.mark.django_db(transaction=True)
# A worker of its own: the test's process must live.
_WORKER = """
import django, sys
django.setup()
from django.conf import settings
from pathlib import Path
settings.MOBULA_HOME = Path(sys.argv[2])
settings.DATABASES["default"]["NAME"] = sys.argv[3]
from images.building import run
{patch}
run.run_build(int(sys.argv[1]))
"""
_HERE = "lambda *a, **k: (print('here', flush=True), __import__('time').sleep(99))"
_AT = {
    "bases": f"run.pinned = {_HERE}",
    "steps": "",
    "push": f"from providers.builders.buildah import _OneBuild\n_OneBuild._push = {_HERE}",
    "confirmation": f"run.confirmed = {_HERE}",
}


def killed_worker(build: Build, home: Path, stage: str) -> None:
    """Have a process build, and kill it once it is at the stage."""
    name = connection.settings_dict["NAME"]
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER.format(patch=_AT[stage]), str(build.pk), str(home), name],
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "mobula.settings",
            "MOBULA_BUILD_IN_CHROOT": "true",
        },
    )
    try:
        if stage == "steps":
            ends_at = time.monotonic() + 60
            while "begun\n" not in log_of(build):
                assert time.monotonic() < ends_at
                time.sleep(0.2)
        else:
            assert worker.stdout
            assert worker.stdout.readline() == b"here\n"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        if worker.stdout:
            worker.stdout.close()


@pytest.mark.parametrize("stage", list(_AT))
def test_a_build_whose_worker_was_killed_ends_and_can_be_built_again(
    queued: Queue, home: Path, stage: str, alice: User
) -> None:
    step = "RUN echo begun && sleep 4" if stage == "steps" else "RUN echo begun"
    build = queued(step, f"ENV STAGE={stage}", name=f"killed-{stage}")
    killed_worker(build, home.parent, stage)
    build.refresh_from_db()
    assert build.state in {BuildState.RUNNING, BuildState.PUSHING}
    assert sweep.end_lost() == 0  # its worker may only be slow
    Build.objects.filter(pk=build.pk).update(lease_expires_at=now() - timedelta(seconds=1))
    assert sweep.end_lost() == 1
    build.refresh_from_db()
    assert (build.state, build.reason) == (BuildState.FAILED, sweep.LOST)
    build.version.refresh_from_db()
    assert build.version.state == ImageState.FAILED
    assert leftovers(home) == []
    again = ended(retry_build(build, by=alice))
    assert again.state == BuildState.SUCCEEDED, again.reason


def test_a_worker_whose_build_was_ended_stops_and_changes_nothing(
    queued: Queue, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from images.building import run

    original = run.pinned

    def ended_meanwhile(*arguments: Any, **options: Any) -> Any:
        Build.objects.filter(pk=build.pk).update(lease_expires_at=now() - timedelta(seconds=1))
        assert sweep.end_lost() == 1
        return original(*arguments, **options)

    build = queued("RUN a", name="lost")
    monkeypatch.setattr(run, "pinned", ended_meanwhile)
    assert ended(build).state == BuildState.FAILED
    assert build.reason == sweep.LOST
    assert leftovers(home) == []


def test_a_build_that_no_worker_takes_is_ended_with_the_way_out(queued: Queue) -> None:
    build = queued("RUN a", name="nobody")
    assert sweep.waiting() == [build.pk]
    assert sweep.end_lost() == 0
    Build.objects.filter(pk=build.pk).update(asked_at=now() - timedelta(hours=2))
    assert sweep.end_lost() == 1
    build.refresh_from_db()
    assert (build.state, build.reason) == (BuildState.FAILED, sweep.NOBODY)
