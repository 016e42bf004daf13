"""How fast the audit log is sealed and verified, and what chaining costs those who write to it.

Run `python -m benchmarks.audit`; it brings its own PostgreSQL and writes var/bench/audit.json.
"""

import threading
import time
from collections.abc import Callable

import psutil

from benchmarks import report
from tests.servers import prepare

SERVERS = prepare()

import django  # noqa: E402 - the servers' addresses come first

django.setup()

import psycopg  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.chain import sealing  # noqa: E402
from accounts.chain.verifying import verify  # noqa: E402
from retention.tables import AUDIT  # noqa: E402

ROWS = 200_000
WRITERS = 8
SECONDS = 4.0
# What a service does besides, with its transaction open.
WORK = "SELECT pg_sleep(0.01)"
WRITE = """
    INSERT INTO accounts_auditentry (at, action, subject_kind, subject_id, subject_name, before,
        after, reason, request_id, address)
    VALUES (now(), 'cluster.resized', 'cluster', gen_random_uuid(), 'train-7', '{"nodes": 2}',
        '{"group": "gpu", "nodes": 4}', '', md5(random()::text), '203.0.113.9')
"""
FILL = f"""
    INSERT INTO accounts_auditentry (at, action, subject_kind, subject_id, subject_name, before,
        after, reason, request_id, address)
    SELECT now() - interval '20 days' * (1 - n / {ROWS}.0), 'cluster.resized', 'cluster',
        gen_random_uuid(), 'train-7', '{{"nodes": 2}}',
        jsonb_build_object('group', 'gpu', 'nodes', n), '', md5(random()::text), '203.0.113.9'
    FROM generate_series(1, {ROWS}) AS n
"""  # noqa: S608


def writes_a_second(*, lock: bool, sealed: bool) -> float:
    """Return how many transactions a second write an entry, eight at once."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    options = {name: parameters[name] for name in names if parameters.get(name)}
    done, end = [0] * WRITERS, time.monotonic() + SECONDS

    def write(number: int) -> None:
        with psycopg.connect(**options) as own:
            while time.monotonic() < end:
                if lock:
                    own.execute("SELECT pg_advisory_xact_lock(1)")
                own.execute(WRITE)
                own.execute(WORK)
                own.commit()
                done[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    while sealed and time.monotonic() < end:
        sealing.seal()
        time.sleep(0.5)
    for thread in threads:
        thread.join()
    return sum(done) / SECONDS


def rows_a_second(run: Callable[[], int]) -> float:
    begin = time.perf_counter()
    rows = run()
    assert rows >= ROWS, rows
    return rows / (time.perf_counter() - begin)


def _verified() -> int:
    found = verify()
    assert not found.problem, found.problem
    return found.rows


def main() -> None:
    """Measure, print and write var/bench/audit.json."""
    with SERVERS.postgres:
        call_command("migrate", verbosity=0)
        alone = writes_a_second(lock=False, sealed=False)
        chained = writes_a_second(lock=True, sealed=False)
        sealed = writes_a_second(lock=False, sealed=True)
        with connection.cursor() as cursor:
            cursor.execute(FILL)
        seal = rows_a_second(sealing.seal)
        before = psutil.Process().memory_info().rss
        verified = rows_a_second(_verified)
        grown = psutil.Process().memory_info().rss - before
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_total_relation_size('accounts_auditseal')")
            (size,) = cursor.fetchone()
        connection.close()
    report.write(
        "audit",
        goal=10_000,
        value=verified,
        unit="rows of the audit log verified a second",
        sealed_a_second=round(seal),
        verify_grows_by_mib=round(grown / 2**20, 1),
        seal_bytes_each=round(size / ROWS),
        writes_a_second={
            "no chain": round(alone),
            "sealed in the background": round(sealed),
            "a lock until commit": round(chained),
        },
        rows=ROWS,
        kept_days=AUDIT.days,
        machine=report.machine(),
    )


if __name__ == "__main__":
    main()
