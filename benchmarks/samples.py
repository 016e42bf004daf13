"""Samples a second through `metering.samples.record`, against COPY alone into a table like it.

Run `python -m benchmarks.samples`; it brings its own PostgreSQL and writes var/bench/samples.json.
"""

import json
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from metering.measures import MEASURES, Sample  # noqa: E402
from metering.samples import record  # noqa: E402
from retention import partitions  # noqa: E402
from retention.tables import SAMPLES  # noqa: E402

ROUNDS = 5
CLUSTER = UUID("00000000-0000-4000-8000-000000000001")
COLUMNS = ("cluster_id", "node", "at", *MEASURES)
TABLES = (
    "raw_sample",
    "metering_sample",
    "metering_cursor",
    "metering_intake",
    "metering_pendingbucket",
)

type Batches = list[list[Sample]]


def batches_of(nodes: int, *, each: int, count: int, start: datetime) -> Batches:
    """Return `count` messages of one cluster, each with `each` samples of its `nodes` nodes."""
    return [
        [
            Sample(
                node=f"c1a2b3c4-workers-{node}",
                at=start + timedelta(seconds=message * each + tick),
                **dict.fromkeys(MEASURES, 1234.5 + node + tick),
            )
            for tick in range(each)
            for node in range(nodes)
        ]
        for message in range(count)
    ]


def copy_alone(batches: Batches) -> None:
    """Store the same rows by COPY, one transaction a message, with nothing else around it."""
    statement = f"COPY raw_sample ({', '.join(COLUMNS)}) FROM STDIN"
    cluster = str(CLUSTER)
    for batch in batches:
        rows = [
            (cluster, sample.node, sample.at, *(getattr(sample, name) for name in MEASURES))
            for sample in batch
        ]
        with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)


def through_record(batches: Batches) -> None:
    for batch in batches:
        assert record(CLUSTER, batch) == len(batch)


def seconds(work: Callable[[Batches], None], batches: Batches) -> float:
    """Return how long the work takes on empty tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}")
    begin = time.perf_counter()
    work(batches)
    return time.perf_counter() - begin


def measure(nodes: int, *, each: int, count: int) -> dict[str, float]:
    """Return samples a second both ways, medians of interleaved rounds."""
    batches = batches_of(nodes, each=each, count=count, start=timezone.now() - timedelta(hours=1))
    seconds(copy_alone, batches)
    seconds(through_record, batches)
    pairs = [
        (seconds(copy_alone, batches), seconds(through_record, batches)) for _ in range(ROUNDS)
    ]
    samples = nodes * each * count
    raw, ours = (samples / statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(raw_s / ours_s for raw_s, ours_s in pairs)
    return {
        "copy_per_second": round(raw),
        "record_per_second": round(ours),
        "ratio": round(ratio, 3),
    }


def prepare_tables() -> None:
    call_command("migrate", verbosity=0)
    partitions.prepare(timezone.now())
    partitions.ensure(SAMPLES, [timezone.now() - timedelta(hours=1)])
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TABLE raw_sample (LIKE metering_sample INCLUDING ALL)
               PARTITION BY RANGE (at)"""
        )
        cursor.execute("CREATE TABLE raw_sample_default PARTITION OF raw_sample DEFAULT")


def main() -> None:
    with SERVERS.postgres:
        prepare_tables()
        results = {
            f"{nodes} nodes x {each} samples a message": measure(nodes, each=each, count=count)
            for nodes, each, count in ((10, 5, 400), (100, 5, 40), (1000, 5, 8))
        }
        connection.close()
    for name, result in results.items():
        print(f"{name}: {result}")
    target = Path("var/bench/samples.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"goal": 0.6, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
