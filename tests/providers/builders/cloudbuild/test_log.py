"""The log in Cloud Logging: nothing twice, nothing lost, and little in memory."""

from __future__ import annotations

import pytest

from providers.builders.cloudbuild.log import CloudLog
from providers.builders.cloudbuild.service import CloudBuildService
from providers.errors import Throttled
from tests.doubles.cloud_build import THROTTLED, CloudBuildDouble, Failure, RemoteBuild
from tests.doubles.cloud_build_plans import endless
from tests.providers.builders.cloudbuild.conftest import Place
from tests.providers.builders.watching import order


@pytest.fixture
def service(double: CloudBuildDouble, place: Place) -> CloudBuildService:
    double.plan = endless
    return CloudBuildService(place(), log_every=0)


@pytest.fixture
def log(service: CloudBuildService) -> CloudLog:
    return CloudLog(service.calls, service.start(order(), look=lambda: None), every=0.0)


def _written(build: RemoteBuild, count: int) -> list[str]:
    lines = [f"line {number}" for number in range(len(build.log), len(build.log) + count)]
    build.say(*lines)
    return lines


def test_a_page_that_fails_loses_nothing_of_those_before(
    double: CloudBuildDouble, log: CloudLog
) -> None:
    double.log_page = 10
    lines = _written(double.only(), 35)
    assert log.more() == lines[:35]
    lines += _written(double.only(), 30)
    double.delays = 3  # two pages of what is known already, and one of what is new
    double.failures["entries.list"] = [THROTTLED] * 3
    found = list(log.more())
    assert found
    double.failures["entries.list"] = [THROTTLED] * 3
    with pytest.raises(Throttled):
        log.more()
    for _ in range(10):
        found += log.more()
    assert found == lines[35:]


def test_a_page_that_is_no_longer_there_is_asked_for_anew(
    double: CloudBuildDouble, log: CloudLog
) -> None:
    double.log_page = 2
    lines = _written(double.only(), 40)
    found = list(log.more())
    assert len(found) == 10  # as many pages as Google allows
    double.failures["entries.list"] = [Failure(400, "invalid")]
    for _ in range(20):
        found += log.more()
    assert found == lines


def test_an_entry_that_comes_late_is_written_once(double: CloudBuildDouble, log: CloudLog) -> None:
    lines = _written(double.only(), 12)
    late = double.only().log.pop(5)
    assert log.more() == lines[:5] + lines[6:]
    double.only().log.insert(5, late)
    assert log.more() == [lines[5]]
    assert log.more() == []


def test_of_a_long_log_only_the_last_seconds_are_in_memory(
    double: CloudBuildDouble, log: CloudLog
) -> None:
    found = 0
    for _ in range(20):
        _written(double.only(), 500)
        found += len(log.more())
    assert found == 10_000
    assert len(log._seen) == len(log._order) < 100
