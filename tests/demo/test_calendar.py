"""The runs of sample clusters."""

from datetime import UTC, datetime, timedelta

import pytest

from mobula.demo.calendar import sessions
from mobula.demo.templates import TEMPLATES

SUNDAY = datetime(2026, 11, 29, 9, tzinfo=UTC)


@pytest.mark.parametrize("days", [1, 3, 20, 75])
def test_every_cluster_has_run_however_short_the_past_is(days: int) -> None:
    for moment in (SUNDAY + timedelta(days=day, hours=5 * day) for day in range(7)):
        for template in TEMPLATES:
            for position in range(len(template.clusters)):
                assert sessions(template, position, now=moment, days=days)
