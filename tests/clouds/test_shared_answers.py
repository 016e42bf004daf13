"""Workers share answers in Valkey: real processes, a real server, and one that goes away."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clouds.drivers.answers import ValkeyAnswers, client_url, shared
from mobula.demo_cloud.aws import cloud as doubles
from mobula.demo_cloud.aws.instances import run_instances
from providers.aws import tags
from providers.shared_answers import AcrossProcesses, StoreAway
from tests.servers import Servers

# Four threads look at a cluster for so many seconds; prints how many machines each look saw.
WORKER = """
import django, json, sys, threading, time
django.setup()
from pathlib import Path
from clouds.drivers.answers import ValkeyAnswers
from domain.offerings import ProviderKind
from providers.aws.driver import open_driver
from providers.base import Account, ClusterRef, RayImage

url, broker, home, start, seconds = sys.argv[1:]
account = Account(
    kind=ProviderKind.AWS, id="1", home=Path(home), region="us-east-1", installation="ours",
    settings={"endpoint": url}, answers=ValkeyAnswers(broker),
    credentials={"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "hunter2"},
)
image = RayImage(location="ray", ray_version="2.60.0", python_version="3.13")
ref = ClusterRef(cluster_id="1", handle="c1", name="c", region="us-east-1", image=image)
driver, seen = open_driver(account), []
driver._clients.client("ec2")
time.sleep(max(0, float(start) - time.time()))

def look():
    while time.time() < float(start) + float(seconds):
        seen.append(len(driver.observe_all([ref])["c1"]))
        time.sleep(0.01)

threads = [threading.Thread(target=look) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(seen))
"""


@pytest.fixture
def store(servers: Servers) -> Iterator[ValkeyAnswers]:
    store = ValkeyAnswers(servers.valkey.url)
    store._client.flushdb()
    yield store
    store._client.flushdb()


def test_an_answer_is_read_until_it_is_too_old(store: ValkeyAnswers) -> None:
    assert store.read("k", max_age=9) is None
    claim = store.claim("k", seconds=9)
    time.sleep(0.2)
    store.write("k", b"\x00\xff one", claim=claim, seconds=9)
    kept = store.read("k", max_age=9)
    assert kept is not None
    assert kept.content == b"\x00\xff one"
    assert 0.2 <= kept.age < 2
    assert store.read("k", max_age=0.1) is None
    assert store.read("other", max_age=9) is None


def test_one_claims_until_it_writes_gives_up_or_is_late(store: ValkeyAnswers) -> None:
    first = store.claim("k", seconds=9)
    assert first
    assert store.claim("k", seconds=9) == ""
    assert store.claim("other", seconds=9)
    store.release("k", claim="of another")
    assert store.claim("k", seconds=9) == ""
    store.write("k", b"one", claim=first, seconds=9)
    second = store.claim("k", seconds=0.05)
    assert second
    time.sleep(0.1)
    third = store.claim("k", seconds=9)
    assert third
    store.release("k", claim=second)
    assert store.claim("k", seconds=9) == ""


def test_a_late_answer_replaces_no_newer_one_and_ends_no_newer_claim(store: ValkeyAnswers) -> None:
    late = store.claim("k", seconds=0.05)
    time.sleep(0.1)
    newer = store.claim("k", seconds=9)
    store.write("k", b"newer", claim=newer, seconds=9)
    another = store.claim("k", seconds=9)
    store.write("k", b"late", claim=late, seconds=9)
    kept = store.read("k", max_age=9)
    assert kept is not None
    assert kept.content == b"newer"
    assert another
    assert store.claim("k", seconds=9) == ""


def test_answers_go_by_themselves(store: ValkeyAnswers) -> None:
    store.write("k", b"one", claim=store.claim("k", seconds=9), seconds=0.05)
    time.sleep(0.1)
    assert not store._client.keys()


def test_a_store_that_is_away_costs_one_attempt_and_every_process_asks_itself(
    tmp_path: Path,
) -> None:
    now = [0.0]
    store = ValkeyAnswers(f"redis+socket://{tmp_path}/none.sock", clock=lambda: now[0])
    across = AcrossProcesses(
        store=store, key="k", pack=lambda number: str(number).encode(), unpack=int
    )
    began = time.monotonic()
    assert across.read(lambda: 7, max_age=3)[1] == 7
    store._client = None  # type: ignore[assignment]
    with pytest.raises(StoreAway, match="lately"):
        store.read("k", max_age=3)
    assert time.monotonic() - began < 2
    now[0] += 11
    with pytest.raises(AttributeError):
        store.read("k", max_age=3)


def test_a_store_that_hangs_is_left_after_its_timeout(
    servers: Servers, store: ValkeyAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clouds.drivers.answers.CALL_SECONDS", 0.2)
    hanging = ValkeyAnswers(servers.valkey.url)
    assert hanging.read("k", max_age=3) is None
    store._client.client_pause(1000)
    began = time.monotonic()
    with pytest.raises(StoreAway, match="TimeoutError"):
        hanging.read("k", max_age=3)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("broker", "url"),
    [
        ("redis://:pw@host:6379/1", "redis://:pw@host:6379/1"),
        ("rediss://host/0", "rediss://host/0"),
        ("redis+socket:///run/my%20valkey.sock?virtual_host=2", "unix:///run/my valkey.sock?db=2"),
        ("redis+socket://:pw@/run/v.sock", "unix://:pw@/run/v.sock?db=0"),
    ],
)
def test_the_broker_is_found_by_its_url(broker: str, url: str) -> None:
    assert client_url(broker) == url


def test_with_another_broker_nothing_is_shared(settings: object) -> None:
    shared.cache_clear()
    try:
        settings.CELERY_BROKER_URL = "amqp://broker"  # type: ignore[attr-defined]
        assert shared() is None
        shared.cache_clear()
        settings.CELERY_BROKER_URL = "redis://valkey:6379/0"  # type: ignore[attr-defined]
        assert isinstance(shared(), ValkeyAnswers)
    finally:
        shared.cache_clear()


def test_processes_with_threads_ask_aws_once_for_all(
    servers: Servers, store: ValkeyAnswers, tmp_path: Path
) -> None:
    with doubles.running() as cloud:
        own = tags.rows(tags.of_cluster("c1", "ours") | {tags.BATCH: "c1-1"})
        rows = [{"ResourceType": "instance", "Tags": list(own)}]
        run_instances(
            cloud.world,
            {"ImageId": "ami-000000c1", "InstanceType": "m5.large", "MinCount": 3, "MaxCount": 3,
             "TagSpecifications": rows},
        )  # fmt: skip
        start, seconds = time.time() + 8, 8
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(WORKER), cloud.url, servers.valkey.url,
                 str(tmp_path), str(start), str(seconds)],
                stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            )
            for _ in range(3)
        ]  # fmt: skip
        seen = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
        calls = cloud.world.count()["DescribeInstances"]
    assert all(set(looks) == {3} for looks in seen)
    assert sum(len(looks) for looks in seen) > 100
    assert calls <= 3  # at 0 s, at 6 s, and one that began late on a busy machine
