"""Roll-ups agree with a naive computation, whenever and however often they run."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import fmean

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering import rollups
from metering.models import PendingBucket
from metering.samples import Sample, record
from retention.partitions import drop_expired
from retention.tables import ROLLUP_1H, ROLLUP_1M, ROLLUP_5M, SAMPLES

from .cast import CLUSTER, DAY, HOUR, MINUTE, NOON, OTHER

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)

type Row = tuple[float | None, float | None, float | None, int]


def rows(table: str) -> dict[tuple[str, datetime], Row]:
    """Return mean, maximum and 95th percentile of CPU use, and the count, by node and bucket."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT node, bucket, cpu_used_mean, cpu_used_max,
                    {"NULL" if table == "1m" else "cpu_used_p95"}, samples
                FROM metering_rollup_{table}"""  # noqa: S608
        )
        return {(node, bucket): tuple(rest) for node, bucket, *rest in cursor.fetchall()}


def sample(node: str, seconds: int, cpu_used: float | None) -> Sample:
    return Sample(node=node, at=NOON + seconds * SECOND, cpu_used=cpu_used)


def bucket_of(at: datetime, length: timedelta) -> datetime:
    return at - (at - NOON.replace(hour=0)) % length


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def naive_nodes(
    samples: Sequence[Sample], length: timedelta
) -> dict[tuple[str, datetime], list[float | None]]:
    found: dict[tuple[str, datetime], list[float | None]] = defaultdict(list)
    for one in samples:
        found[one.node, bucket_of(one.at, length)].append(one.cpu_used)
    return found


def naive_cluster(
    samples: Sequence[Sample], length: timedelta
) -> dict[datetime, list[float | None]]:
    """Return, for each bucket, the sums over nodes of their means in each minute."""
    minutes: dict[datetime, dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for one in samples:
        minutes[bucket_of(one.at, MINUTE)][one.node].append(one.cpu_used)
    found: dict[datetime, list[float | None]] = defaultdict(list)
    for minute, nodes in minutes.items():
        known = [value for value in map(mean, nodes.values()) if value is not None]
        found[bucket_of(minute, length)].append(sum(known) if known else None)
    return found


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    measured=st.dictionaries(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 7200)),
        st.none() | st.floats(0, 64, allow_subnormal=False),
        min_size=1,
        max_size=40,
    )
)
def test_all_levels_agree_with_a_naive_computation(
    measured: dict[tuple[str, int], float | None],
) -> None:
    samples = [sample(node, at, used) for (node, at), used in measured.items()]
    forget_everything()
    record(CLUSTER, samples, now=NOON + 2 * HOUR)
    rollups.roll_up(NOON + 2 * HOUR)

    fine, hours, days = rows("5m"), rows("1h"), rows("1d")
    for found, length in ((rows("1m"), MINUTE), (fine, 5 * MINUTE)):
        check_nodes(found, naive_nodes(samples, length))
        together = naive_cluster(samples, length)
        assert {key[1] for key in found if not key[0]} == set(together)
        for bucket, sums in together.items():
            known = [value for value in sums if value is not None]
            assert found["", bucket][0] == pytest.approx(mean(sums))
            assert found["", bucket][1] == pytest.approx(max(known, default=None))
    for coarse, length in ((hours, HOUR), (days, DAY)):
        within: dict[tuple[str, datetime], list[Row]] = defaultdict(list)
        for (node, bucket), row in fine.items():
            within[node, bucket_of(bucket, length)].append(row)
        assert set(coarse) == set(within)
        for key, parts in within.items():
            assert coarse[key][1] == max((p[1] for p in parts if p[1] is not None), default=None)
            assert coarse[key][3] == sum(part[3] for part in parts)
            if coarse is hours or all(part[0] is not None for part in parts):
                assert coarse[key][0] == pytest.approx(mean(part[0] for part in parts))


def check_nodes(
    found: dict[tuple[str, datetime], Row],
    naive: dict[tuple[str, datetime], list[float | None]],
) -> None:
    assert {key for key in found if key[0]} == set(naive)
    for key, values in naive.items():
        known = [value for value in values if value is not None]
        assert found[key][0] == pytest.approx(mean(values))
        assert found[key][1] == max(known, default=None)
        assert found[key][3] == len(values)


MEASURED = (SAMPLES, ROLLUP_1M, ROLLUP_5M, ROLLUP_1H)


def forget_everything() -> None:
    with connection.cursor() as cursor:
        for table in (
            "sample",
            "rollup_1m",
            "rollup_5m",
            "rollup_1h",
            "rollup_1d",
            "cursor",
            "pendingbucket",
        ):
            cursor.execute(f"DELETE FROM metering_{table}")  # noqa: S608


def test_the_percentile_leaves_the_rarest_peaks_out() -> None:
    record(CLUSTER, [sample("a", at, 8.0 if at == 100 else 2.0) for at in range(299)], now=NOON)
    rollups.roll_up(NOON + 5 * MINUTE)
    _, peak, p95, count = rows("5m")["a", NOON]
    assert (peak, p95, count) == (8.0, 2.0, 299)


def test_a_node_that_came_late_counts_for_as_long_as_it_was_there() -> None:
    steady = [sample("a", 10 * tick, 1.0) for tick in range(30)]
    late = [sample("b", 240 + 10 * tick, 5.0) for tick in range(6)]
    record(CLUSTER, steady + late, now=NOON + 5 * MINUTE)
    rollups.roll_up(NOON + 5 * MINUTE)
    assert rows("5m")["", NOON][:2] == (2.0, 6.0)


def test_running_again_computes_nothing_and_changes_nothing() -> None:
    record(CLUSTER, [sample("a", at, at / 10) for at in range(0, 600, 7)], now=NOON + HOUR)
    assert rollups.roll_up(NOON + HOUR) == 2
    before = [rows(table) for table in ("1m", "5m", "1h", "1d")]
    assert rollups.roll_up(NOON + HOUR) == 0
    assert [rows(table) for table in ("1m", "5m", "1h", "1d")] == before


def test_an_open_bucket_is_computed_again_when_samples_follow() -> None:
    record(CLUSTER, [sample("a", 0, 1.0)], now=NOON)
    rollups.roll_up(NOON)
    record(CLUSTER, [sample("a", 10, 3.0)], now=NOON)
    rollups.roll_up(NOON)
    assert rows("5m")["a", NOON][0] == rows("1h")["a", NOON][0] == 2.0


def test_samples_that_come_days_late_reach_every_level() -> None:
    now = NOON + 2 * DAY
    record(CLUSTER, [Sample(node="a", at=now, cpu_used=9.0)], now=now)
    rollups.roll_up(now)
    record(CLUSTER, [sample("b", 0, 4.0)], now=now)
    rollups.roll_up(now)
    midnight = NOON.replace(hour=0)
    assert rows("5m")["", NOON][0] == rows("1h")["", NOON][0] == rows("1d")["", midnight][0] == 4.0
    assert rows("1d")["", midnight + 2 * DAY][0] == 9.0


def test_samples_that_come_after_their_minutes_were_dropped_count_beside_the_earlier() -> None:
    record(CLUSTER, [sample("a", 0, 1.0), sample("a", 60, 3.0)], now=NOON)
    rollups.roll_up(NOON)
    now = NOON + 2 * DAY
    drop_expired(now, tables=MEASURED)
    record(CLUSTER, [sample("b", 0, 4.0)], now=now)
    rollups.roll_up(now)
    assert rows("5m")["", NOON][0] == 4.0  # 1 + 4 in the first minute, 3 in the second


def test_clusters_are_not_mixed() -> None:
    record(CLUSTER, [sample("a", 0, 1.0)], now=NOON)
    record(OTHER, [sample("b", 0, 5.0)], now=NOON)
    rollups.roll_up(NOON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cluster_id, cpu_used_mean FROM metering_rollup_1h WHERE node = ''")
        assert dict(cursor.fetchall()) == {CLUSTER: 1.0, OTHER: 5.0}


def test_what_nobody_measured_stays_unknown() -> None:
    record(CLUSTER, [sample("a", 0, None)], now=NOON)
    rollups.roll_up(NOON)
    assert rows("5m")["a", NOON] == (None, None, None, 1)


def test_news_during_a_round_wait_for_the_next() -> None:
    record(CLUSTER, [sample("a", 0, 1.0)], now=NOON)
    pending = rollups._newest_pending(NOON + HOUR)
    assert pending
    record(CLUSTER, [sample("a", 10, 3.0)], now=NOON)
    rollups._compute(pending, NOON)
    assert PendingBucket.objects.count() == 1


def test_each_level_is_dropped_in_its_time() -> None:
    record(CLUSTER, [sample("a", 0, 1.0)], now=NOON)
    rollups.roll_up(NOON)
    assert drop_expired(NOON + DAY, tables=MEASURED) == 0
    assert rows("1m")
    assert drop_expired(NOON + 2 * DAY, tables=MEASURED) == 1
    assert not rows("1m")
    assert drop_expired(NOON + 3 * DAY, tables=MEASURED) == 0
    assert drop_expired(NOON + 4 * DAY, tables=MEASURED) == 1
    assert rows("5m")
    assert drop_expired(NOON + 31 * DAY, tables=MEASURED) == 1
    assert not rows("5m")
    assert rows("1h")
    drop_expired(NOON + 500 * DAY, tables=MEASURED)
    assert not rows("1h")
    assert rows("1d")
