"""The short form of `make faults`: what gives most in little time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mobula.stack.home import ROOT
from tests.guard import guarded_process

LIMIT_SECONDS = 600  # a third of it does where nothing else runs


@pytest.mark.ray
def test_faults_leave_nothing_leaked_doubled_lost_stuck_or_broken() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.faults", "--short"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process, guarded_process(process):
        try:
            output, _ = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            output = f"{process.communicate()[0]}\nnot done within {LIMIT_SECONDS} s"
    assert process.returncode == 0, output
    assert output.splitlines()[-1] == "leaked=0 doubled=0 lost=0 stuck=0 errors=0", output
